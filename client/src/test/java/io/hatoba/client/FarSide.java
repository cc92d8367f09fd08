package io.hatoba.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A server that follows a script: the requests must come in its order, each as it says, and each is
 * answered as it says. A request that the script does not have, one that is not as it says, and one
 * that never came fail the test when the server is closed.
 */
final class FarSide implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Queue<Step> script = new ArrayDeque<>();
  private final List<String> complaints = Collections.synchronizedList(new ArrayList<>());
  private final CountDownLatch closing = new CountDownLatch(1);

  FarSide() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext("/", this::handle);
    server.setExecutor(threads);
    server.start();
  }

  URI origin() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** The next request of the script: answered with 200 and nothing unless told otherwise. */
  Step expects(String method, String target) {
    Step step = new Step(method, target);
    synchronized (script) {
      script.add(step);
    }
    return step;
  }

  @Override
  public void close() {
    closing.countDown();
    server.stop(0);
    threads.close();
    assertThat(complaints).isEmpty();
    assertThat(script).as("requests that never came").isEmpty();
  }

  private void handle(HttpExchange exchange) throws IOException {
    String got = exchange.getRequestMethod() + " " + exchange.getRequestURI();
    Step step;
    synchronized (script) {
      step = script.poll();
    }
    try (exchange) {
      if (step == null) {
        complaints.add("unexpected request: " + got);
        exchange.sendResponseHeaders(418, -1);
        return;
      }
      step.check(exchange, got, complaints);
      step.answer(exchange, closing);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** One request with its answer. */
  static final class Step {
    private final String method;
    private final String target;
    private final Map<String, String> required = new LinkedHashMap<>();
    private final List<String> forbidden = new ArrayList<>();
    private final Map<String, List<String>> answered = new LinkedHashMap<>();
    private int status = 200;
    private byte[] requestBody = new byte[0];
    private byte[] body = new byte[0];
    private boolean bodyMatters;
    private OptionalInt cutAfter = OptionalInt.empty();
    private OptionalInt readOnly = OptionalInt.empty();
    private boolean silent;

    private Step(String method, String target) {
      this.method = method;
      this.target = target;
    }

    /** The request must have this header with this value. */
    Step with(String header, String value) {
      required.put(header, value);
      return this;
    }

    /** The request must not have this header. */
    Step without(String header) {
      forbidden.add(header);
      return this;
    }

    /** The request must have exactly this body. */
    Step withBody(byte[] expected) {
      requestBody = expected;
      bodyMatters = true;
      return this;
    }

    Step answers(int code) {
      status = code;
      return this;
    }

    Step header(String name, String value) {
      answered.computeIfAbsent(name, key -> new ArrayList<>()).add(value);
      return this;
    }

    Step body(byte[] content) {
      body = content;
      return this;
    }

    Step body(String content) {
      return body(content.getBytes(StandardCharsets.UTF_8));
    }

    /** The connection ends after so many bytes of the body. */
    Step cutAfter(int bytes) {
      cutAfter = OptionalInt.of(bytes);
      return this;
    }

    /** The connection ends after so many bytes of the request, without an answer. */
    Step cutsRequestAfter(int bytes) {
      readOnly = OptionalInt.of(bytes);
      return this;
    }

    /** After the headers and what {@link #cutAfter} allows nothing comes and nothing ends. */
    Step thenSilence() {
      silent = true;
      return this;
    }

    private void check(HttpExchange exchange, String got, List<String> complaints)
        throws IOException {
      if (!got.equals(method + " " + target)) {
        complaints.add("expected " + method + " " + target + " but got " + got);
      }
      Headers headers = exchange.getRequestHeaders();
      required.forEach(
          (name, value) -> {
            if (!List.of(value).equals(headers.get(name))) {
              complaints.add(got + " has " + name + " " + headers.get(name) + ", not " + value);
            }
          });
      for (String name : forbidden) {
        if (headers.containsKey(name)) {
          complaints.add(got + " has " + name);
        }
      }
      if (readOnly.isPresent()) {
        exchange.getRequestBody().readNBytes(readOnly.getAsInt());
        return;
      }
      byte[] sent = exchange.getRequestBody().readAllBytes();
      if (bodyMatters && !java.util.Arrays.equals(sent, requestBody)) {
        complaints.add(got + " has another body, of " + sent.length + " bytes");
      }
    }

    private void answer(HttpExchange exchange, CountDownLatch closing)
        throws IOException, InterruptedException {
      if (readOnly.isPresent()) {
        return;
      }
      answered.forEach((name, values) -> exchange.getResponseHeaders().put(name, values));
      if (method.equals("HEAD") || body.length == 0) {
        exchange.sendResponseHeaders(status, -1);
        return;
      }
      exchange.sendResponseHeaders(status, body.length);
      OutputStream out = exchange.getResponseBody();
      out.write(body, 0, cutAfter.orElse(body.length));
      out.flush();
      if (silent) {
        closing.await();
      }
    }
  }
}
