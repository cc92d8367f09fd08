package io.hatoba.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class WrkTest {
  @Test
  void ratesAreReadWithTheirUnit() throws IOException {
    Wrk.Result result =
        Wrk.parse(
            """
            Running 5s test @ http://127.0.0.1:5000/v2/
              2 threads and 4 connections
              Thread Stats   Avg      Stdev     Max   +/- Stdev
                Latency   130.00ms   24.13ms 224.59ms   72.37%
                Req/Sec    15.51      6.92    30.00     73.47%
              152 requests in 5.02s, 7.43GB read
            Requests/sec:     30.29
            Transfer/sec:      1.48GB
            """);
    assertThat(result.requestsPerSecond()).isEqualTo(30.29);
    assertThat(result.bytesPerSecond()).isCloseTo(1.48 * (1L << 30), within(1.0));
    assertThat(result.errors()).isZero();
  }

  @Test
  void refusalsAndBrokenConnectionsAreErrors() throws IOException {
    Wrk.Result result =
        Wrk.parse(
            """
              Socket errors: connect 1, read 2, write 3, timeout 4
              Non-2xx or 3xx responses: 100
            Requests/sec:     30.29
            Transfer/sec:    512.00B
            """);
    assertThat(result.errors()).isEqualTo(110);
    assertThat(result.bytesPerSecond()).isEqualTo(512);
  }

  @Test
  void anOutputWithoutRatesIsAFailure() {
    assertThatThrownBy(() -> Wrk.parse("unable to connect"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("unable to connect");
  }
}
