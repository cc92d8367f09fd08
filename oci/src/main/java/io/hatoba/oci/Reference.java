package io.hatoba.oci;

/**
 * What names a manifest in a repository: a {@link Tag}, which may move, or a {@link Digest}, which
 * cannot.
 */
public sealed interface Reference permits Tag, Digest {
  /**
   * Parses a reference as the protocol writes it in a path. A text with a colon is a digest; {@code
   * sha256-<hex>} is a tag (oras-go#1396).
   *
   * @throws RefusedException with {@link ErrorCode#DIGEST_INVALID} or {@link ErrorCode#TAG_INVALID}
   */
  static Reference parse(String text) {
    return text.indexOf(':') >= 0 ? Digest.parse(text) : Tag.parse(text);
  }
}
