package io.hatoba.client;

/** How the registry took a request to mount a blob. */
public sealed interface Mount {
  /** The blob is now in the repository. */
  record Mounted() implements Mount {}

  /** It is not; the registry opened an upload instead, to be used or cancelled. */
  record Started(UploadSession session) implements Mount {}
}
