package io.hatoba.benchmark;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * One connection that sends requests one after another and costs next to nothing, so that the load
 * takes little from what it measures. Understands what registries answer to pushes: a length, or
 * chunks. Not for foreign servers.
 */
final class RawConnection implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 60_000;

  /**
   * An answer, with its body dropped.
   *
   * @param headers by name in lower case
   */
  record Reply(int status, Map<String, String> headers) {
    Reply {
      headers = Map.copyOf(headers);
    }

    /** Path and query of {@code Location}, whether it came with a host or without. */
    String location() throws IOException {
      String location = headers.get("location");
      if (location == null) {
        throw new IOException("an answer with status " + status + " has no Location");
      }
      URI uri = URI.create(location);
      return uri.getRawPath() + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
    }
  }

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;
  private final String common;

  RawConnection(URI origin, Optional<String> authorization) throws IOException {
    this.socket = new Socket(origin.getHost(), origin.getPort());
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    this.in = new BufferedInputStream(socket.getInputStream(), 16 * 1024);
    this.out = socket.getOutputStream();
    this.common =
        " HTTP/1.1\r\nHost: "
            + origin.getAuthority()
            + authorization.map(value -> "\r\nAuthorization: " + value).orElse("")
            + "\r\n";
  }

  /** Sends a request with this body, which may be empty, and reads the whole answer. */
  Reply send(String method, String target, String type, byte[] body) throws IOException {
    String head =
        method
            + " "
            + target
            + common
            + (body.length == 0 ? "" : "Content-Type: " + type + "\r\n")
            + "Content-Length: "
            + body.length
            + "\r\n\r\n";
    byte[] headBytes = head.getBytes(StandardCharsets.ISO_8859_1);
    if (body.length > 16 * 1024) {
      out.write(headBytes);
      out.write(body);
    } else {
      byte[] all = new byte[headBytes.length + body.length];
      System.arraycopy(headBytes, 0, all, 0, headBytes.length);
      System.arraycopy(body, 0, all, headBytes.length, body.length);
      out.write(all);
    }
    return read();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private Reply read() throws IOException {
    String[] status = line().split(" ", 3);
    if (status.length < 2) {
      throw new IOException("not an answer of HTTP");
    }
    Map<String, String> headers = new HashMap<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        headers.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
    }
    Reply reply = new Reply(Integer.parseInt(status[1]), headers);
    if (headers.getOrDefault("transfer-encoding", "").equalsIgnoreCase("chunked")) {
      skipChunks();
    } else {
      in.skipNBytes(Long.parseLong(headers.getOrDefault("content-length", "0")));
    }
    return reply;
  }

  private void skipChunks() throws IOException {
    long length;
    do {
      length = Long.parseLong(line().split(";", 2)[0].strip(), 16);
      in.skipNBytes(length);
      line();
    } while (length > 0);
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      int c = in.read();
      if (c < 0) {
        throw new IOException("the connection ended within an answer");
      }
      if (c == '\n') {
        return line.toString();
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
  }
}
