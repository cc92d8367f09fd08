package io.hatoba.server.account;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import jakarta.ws.rs.QueryParam;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jspecify.annotations.Nullable;

/** What lists of accounts can be asked for, to be taken as a bean parameter. */
public final class AccountQuery {
  private static final int LONGEST = 64;

  @Parameter(description = "A part of the name, whatever the case of its letters.")
  @QueryParam("q")
  @Nullable String q;

  @Parameter(description = "`name` (default), `createdAt` or `lastSignInAt`; `-` before it turns.")
  @QueryParam("sort")
  @Nullable String sort;

  @Parameter(description = "Only those that are enabled (`true`) or not (`false`).")
  @QueryParam("enabled")
  @Nullable String enabled;

  AccountPages.Filter filter(boolean robots) {
    if (q != null && (q.length() > LONGEST || q.chars().anyMatch(Character::isISOControl))) {
      throw invalid("q is a part of a name: at most %d characters".formatted(LONGEST), "q");
    }
    if (enabled != null && !enabled.equals("true") && !enabled.equals("false")) {
      throw invalid("enabled is true or false", "enabled");
    }
    return new AccountPages.Filter(
        robots,
        Optional.ofNullable(q).filter(part -> !part.isEmpty()),
        Optional.ofNullable(enabled).map(Boolean::parseBoolean),
        AccountPages.Sort.of(sort == null ? "name" : sort)
            .orElseThrow(() -> invalid("sort is one of " + AccountPages.Sort.words(), "sort")));
  }

  private static RefusedException invalid(String message, String parameter) {
    return new RefusedException(Refusal.invalid(ErrorCode.REQUEST_INVALID, message, parameter));
  }
}
