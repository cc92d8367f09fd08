package io.hatoba.server.registry;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.util.HashMap;
import java.util.Map;

/** Settings of a server that has a private port as well. */
final class PrivatePort {
  private PrivatePort() {}

  static Map<String, String> with(Map<String, String> settings) {
    try (ServerSocket free = new ServerSocket(0)) {
      Map<String, String> all = new HashMap<>(settings);
      all.put("hatoba.endpoint.private-port", Integer.toString(free.getLocalPort()));
      return all;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
