package io.hatoba.server.content;

/**
 * What one transaction changes in the usage of an image and its registry.
 *
 * @param logicalBytes of the image
 * @param physicalBytes of the registry: 0 if it had the same content already
 * @param pushedAt epoch milliseconds; 0 if nothing was pushed
 */
record UsageDelta(
    int images, int artifacts, int tags, long logicalBytes, long physicalBytes, long pushedAt) {
  static final UsageDelta NOTHING = new UsageDelta(0, 0, 0, 0, 0, 0);

  static UsageDelta images(int images) {
    return new UsageDelta(images, 0, 0, 0, 0, 0);
  }

  static UsageDelta blob(long logicalBytes, long physicalBytes) {
    return new UsageDelta(0, 0, 0, logicalBytes, physicalBytes, 0);
  }

  static UsageDelta tags(int tags) {
    return new UsageDelta(0, 0, tags, 0, 0, 0);
  }

  UsageDelta plus(UsageDelta other) {
    return new UsageDelta(
        images + other.images,
        artifacts + other.artifacts,
        tags + other.tags,
        logicalBytes + other.logicalBytes,
        physicalBytes + other.physicalBytes,
        Math.max(pushedAt, other.pushedAt));
  }
}
