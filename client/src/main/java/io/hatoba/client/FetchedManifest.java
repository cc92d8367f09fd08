package io.hatoba.client;

import io.hatoba.oci.Digest;

/** A manifest with its bytes, exactly as the registry sent them; they match the digest. */
public final class FetchedManifest {
  private final Digest digest;
  private final String mediaType;
  private final byte[] bytes;

  FetchedManifest(Digest digest, String mediaType, byte[] bytes) {
    this.digest = digest;
    this.mediaType = mediaType;
    this.bytes = bytes;
  }

  /** The digest that was asked for, or for a tag the one that the registry named. */
  public Digest digest() {
    return digest;
  }

  /** The {@code Content-Type}, without parameters. */
  public String mediaType() {
    return mediaType;
  }

  /** A copy. */
  public byte[] bytes() {
    return bytes.clone();
  }
}
