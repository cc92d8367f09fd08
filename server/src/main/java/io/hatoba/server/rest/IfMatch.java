package io.hatoba.server.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import jakarta.ws.rs.HeaderParam;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jspecify.annotations.Nullable;

/**
 * {@code If-Match} of a request, to be taken as a bean parameter. An entity tag stands for what can
 * be changed of a resource, not for what the server counts.
 */
public final class IfMatch {
  private static final int TAG_BYTES = 12;

  @Parameter(description = "The `ETag` of the state that this change was made for, or `*`.")
  @HeaderParam("If-Match")
  @Nullable String header;

  /** The entity tag of a state, with its quotes. */
  public static String tagOf(Record state) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(Json.MAPPER.writeValueAsBytes(state));
      return '"' + HexFormat.of().formatHex(hash, 0, TAG_BYTES) + '"';
    } catch (NoSuchAlgorithmException | JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Makes the header a must, where two editors would overwrite each other.
   *
   * @throws RefusedException with {@link ErrorCode#PRECONDITION_REQUIRED}
   */
  public IfMatch required() {
    if (header == null) {
      throw new RefusedException(
          Refusal.invalid(
              ErrorCode.PRECONDITION_REQUIRED,
              "send If-Match with the ETag of what you have seen (GET shows it), or * to overwrite"
                  + " whatever is there",
              "If-Match"));
    }
    return this;
  }

  /**
   * Lets a change of {@code current} go on.
   *
   * @throws RefusedException with {@link ErrorCode#PRECONDITION_FAILED} if the caller has seen
   *     another state
   */
  public void check(Record current) {
    if (header == null || header.strip().equals("*")) {
      return;
    }
    String tag = tagOf(current);
    if (Arrays.stream(header.split(",", -1)).map(String::strip).noneMatch(tag::equals)) {
      throw new RefusedException(
          Refusal.invalid(
              ErrorCode.PRECONDITION_FAILED,
              "it was changed meanwhile; look at it again and repeat the change with its new ETag",
              "If-Match"));
    }
  }
}
