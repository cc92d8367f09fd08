package io.hatoba.server.distribution;

import io.hatoba.oci.Digest;
import io.hatoba.oci.DigestAlgorithm;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.content.Manifests.TagCondition;
import java.util.ArrayList;
import java.util.List;

/**
 * What a push wants to be true of its tag ({@code If-Match}, {@code If-None-Match: *};
 * distribution-spec#250): it makes a read, change and write of a tag safe.
 */
final class Conditions {
  private Conditions() {}

  /**
   * Reads the condition of a push.
   *
   * @throws RefusedException with {@code PRECONDITION_FAILED} if {@code If-Match} names nothing
   *     that a tag could point to
   */
  static TagCondition ofPush(Exchange exchange) {
    if (exchange.header(Headers.IF_MATCH).isPresent()) {
      return ifMatch(EntityTags.parse(exchange.headers(Headers.IF_MATCH)));
    }
    if (EntityTags.parse(exchange.headers(Headers.IF_NONE_MATCH)).any()) {
      return new TagCondition.Absent();
    }
    return new TagCondition.Always();
  }

  private static TagCondition ifMatch(EntityTags wanted) {
    if (wanted.any()) {
      return new TagCondition.PointsTo(List.of());
    }
    List<Digest> digests = new ArrayList<>();
    for (String tag : wanted.tags()) {
      if (isDigest(tag)) {
        digests.add(Digest.parse(tag));
      }
    }
    if (digests.isEmpty()) {
      throw new RefusedException(
          new Refusal.Conflict(
              ErrorCode.PRECONDITION_FAILED, "If-Match names no digest that a tag could have", ""));
    }
    return new TagCondition.PointsTo(digests);
  }

  private static boolean isDigest(String text) {
    int colon = text.indexOf(':');
    return colon > 0
        && DigestAlgorithm.of(text.substring(0, colon))
            .filter(algorithm -> text.length() - colon - 1 == algorithm.hexLength())
            .isPresent()
        && text.substring(colon + 1).chars().allMatch(c -> "0123456789abcdef".indexOf(c) >= 0);
  }
}
