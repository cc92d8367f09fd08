package io.hatoba.server.backup;

/**
 * Something that is not as it must be.
 *
 * @param subject what it is about, for example a digest
 * @param problem what is wrong, to be read after the subject
 */
public record Problem(String subject, String problem) {
  @Override
  public String toString() {
    return subject + " " + problem;
  }
}
