package io.hatoba.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;

class BodyStreamTest {
  private static final Duration STALL = Duration.ofMillis(50);

  private static final class Asked implements Flow.Subscription {
    long batches;
    boolean cancelled;

    @Override
    public void request(long n) {
      batches += n;
    }

    @Override
    public void cancel() {
      cancelled = true;
    }
  }

  private final Asked asked = new Asked();
  private final BodyStream stream = new BodyStream(STALL);

  @Test
  void nothingIsAskedForThatNobodyReads() throws IOException {
    stream.onSubscribe(asked);
    assertThat(asked.batches).isEqualTo(1);
    stream.onNext(List.of(bytes("ab"), bytes("c")));
    assertThat(asked.batches).isEqualTo(1);

    assertThat(stream.readNBytes(1)).isEqualTo(new byte[] {'a'});
    assertThat(asked.batches).isEqualTo(2);
    assertThat(stream.readNBytes(2)).isEqualTo(new byte[] {'b', 'c'});
    stream.onComplete();
    assertThat(stream.read()).isEqualTo(-1);
    assertThat(asked.cancelled).isFalse();
  }

  @Test
  void silenceAndAFailureAreTheConnections() {
    stream.onSubscribe(asked);
    assertThatThrownBy(stream::read).isInstanceOf(ConnectionFailedException.class);
    assertThat(asked.cancelled).isTrue();

    BodyStream broken = new BodyStream(STALL);
    broken.onSubscribe(new Asked());
    broken.onError(new IOException("reset"));
    assertThatThrownBy(broken::read)
        .isInstanceOf(ConnectionFailedException.class)
        .hasRootCauseMessage("reset");
  }

  @Test
  void closingEndsTheTransferAlsoBeforeItBegan() throws IOException {
    stream.close();
    stream.onSubscribe(asked);
    assertThat(asked.cancelled).isTrue();
    assertThat(asked.batches).isZero();
    assertThat(stream.read()).isEqualTo(-1);
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }
}
