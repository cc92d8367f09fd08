package io.hatoba.server.federation;

import io.hatoba.server.pattern.NamePattern;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Issuers that sign tokens for everybody who has an account there. A rule that does not say whose
 * jobs it means would let in the whole world, so such a rule is refused.
 */
final class PublicIssuers {
  /** Claims that say whose job it is by one id or name. */
  private static final Set<String> EXACT =
      Set.of(
          "repository_id",
          "repository_owner",
          "repository_owner_id",
          "project_id",
          "namespace_id",
          "namespace_path");

  /** Claims that begin with the owner's name and a slash. */
  private static final Set<String> PATHS = Set.of("repository", "project_path");

  /** What stands before the owner's name in {@code sub}. */
  private static final Map<String, String> SUBJECTS =
      Map.of(
          "https://token.actions.githubusercontent.com", "repo:",
          "https://gitlab.com", "project_path:");

  private PublicIssuers() {}

  /** What is wrong with a rule for this issuer. */
  static Optional<String> complaint(String issuer, Rule rule) {
    String subject = SUBJECTS.get(issuer);
    if (subject == null
        || rule.claims().entrySet().stream()
            .anyMatch(claim -> namesOwner(claim.getKey(), claim.getValue(), subject))) {
      return Optional.empty();
    }
    return Optional.of(
        "do not say whose jobs are meant, and everybody can have a token of this issuer; add the"
            + " claim repository or project_path with the owner's whole name: acme/*");
  }

  private static boolean namesOwner(String claim, NamePattern pattern, String subject) {
    if (EXACT.contains(claim)) {
      return pattern.isLiteral();
    }
    String prefix = pattern.literalPrefix();
    if (claim.equals("sub") && prefix.startsWith(subject)) {
      return prefix.indexOf('/') > subject.length();
    }
    return PATHS.contains(claim) && prefix.indexOf('/') > 0;
  }
}
