package io.hatoba.server.distribution;

import io.vertx.core.http.HttpMethod;

/** The methods that the protocol uses. */
enum Verb {
  GET,
  HEAD,
  POST,
  PUT,
  PATCH,
  DELETE,
  OTHER;

  static Verb of(HttpMethod method) {
    return switch (method.name()) {
      case "GET" -> GET;
      case "HEAD" -> HEAD;
      case "POST" -> POST;
      case "PUT" -> PUT;
      case "PATCH" -> PATCH;
      case "DELETE" -> DELETE;
      default -> OTHER;
    };
  }

  /** Whether this asks for content: {@code HEAD} is {@code GET} whose answer has no body. */
  boolean isRead() {
    return this == GET || this == HEAD;
  }
}
