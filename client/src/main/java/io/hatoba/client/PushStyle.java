package io.hatoba.client;

/** How the bytes of a blob travel to the registry. */
public sealed interface PushStyle {
  /** All in one request, which also finishes the upload. */
  record Monolithic() implements PushStyle {}

  /**
   * In chunks, for registries or proxies that limit a request.
   *
   * @param size of a chunk in bytes; larger if the registry demands it ({@code
   *     OCI-Chunk-Min-Length})
   */
  record Chunked(long size) implements PushStyle {
    public Chunked {
      if (size < 1) {
        throw new IllegalArgumentException("a chunk has at least one byte");
      }
    }
  }
}
