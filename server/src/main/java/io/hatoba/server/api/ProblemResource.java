package io.hatoba.server.api;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.rest.Access;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;

/** {@code /api/v1/problems/{code}}: the page that a problem's {@code type} points to. */
@Path("/api/v1/problems")
@NonBlocking
public final class ProblemResource {
  /** What a code means and what to do about it. */
  @GET
  @Path("{code}")
  @Produces(MediaType.TEXT_PLAIN)
  @Access(Access.Who.ANYBODY)
  @Operation(
      summary = "Explain a problem",
      description = "What the code of a problem means and what to do about it.")
  public String get(
      @PathParam("code") @Parameter(example = "denied", description = "From `type`.") String code) {
    ErrorCode known = parse(code);
    return known.name() + " (" + known.status() + ")\n\n" + explain(known) + "\n";
  }

  private static ErrorCode parse(String text) {
    for (ErrorCode code : ErrorCode.values()) {
      if (code.name().equals(text.toUpperCase(Locale.ROOT).replace('-', '_'))) {
        return code;
      }
    }
    throw new RefusedException(
        Refusal.unknown(ErrorCode.NAME_UNKNOWN, "there is no problem with this code", ""));
  }

  private static String explain(ErrorCode code) {
    return switch (code) {
      case BLOB_UNKNOWN ->
          "The image does not have this blob. Push it, or mount it from an image that has it.";
      case BLOB_UPLOAD_INVALID -> "The upload cannot go on like this. Start a new one.";
      case BLOB_UPLOAD_UNKNOWN ->
          "There is no such upload: it is finished, cancelled or expired. Start a new one.";
      case DIGEST_INVALID ->
          "The digest is not written as algorithm:hex, or the bytes have another one. Check what is sent and send it again.";
      case MANIFEST_BLOB_UNKNOWN ->
          "The manifest names blobs or manifests that the image does not have. Push them first.";
      case MANIFEST_INVALID -> "The manifest is not well-formed; the detail names the field.";
      case MANIFEST_UNKNOWN -> "The image has no artifact with this tag or digest.";
      case NAME_INVALID -> "The name breaks the rules for names; the detail says which.";
      case NAME_UNKNOWN ->
          "What is named does not exist, or you may not know of it. Check the name and your roles.";
      case SIZE_INVALID -> "There are more or fewer bytes than the request says.";
      case UNAUTHORIZED ->
          "Credentials are missing or wrong. Send the id and the secret of an access key (Basic), or sign in.";
      case DENIED ->
          "You are known and may not do this: the detail names the missing permission or the rule. An administrator can give a role.";
      case UNSUPPORTED -> "The resource does not have this method.";
      case TOOMANYREQUESTS ->
          "Too many requests or too many wrong secrets. Wait as long as Retry-After says.";
      case MANIFEST_TOO_LARGE -> "The manifest is above the limit of this server.";
      case BLOB_TOO_LARGE -> "The blob is above the limit of this server.";
      case RANGE_INVALID -> "The range is not one of the content, or a chunk is out of order.";
      case TAG_INVALID ->
          "A tag has 1 to 128 characters of A-Z, a-z, 0-9, '_', '.' and '-' and starts with none of the last two.";
      case PAGINATION_NUMBER_INVALID -> "n is not a number that a page can have.";
      case PRECONDITION_FAILED ->
          "It was changed meanwhile. Look at it again and repeat the change with the new ETag.";
      case PRECONDITION_REQUIRED ->
          "Two editors would overwrite each other here. Send If-Match with the ETag of what you have seen.";
      case FIELD_INVALID ->
          "Fields break rules; errors names each of them and says what is possible.";
      case CONFLICT -> "It exists already, or something uses it. The detail says what.";
      case REQUEST_INVALID ->
          "The request cannot be understood: the detail names the field, the parameter or the place in the JSON.";
      case UNAVAILABLE ->
          "The server cannot answer now: its disk is full, its database away, or it is stopping. Try again after Retry-After.";
      case UNKNOWN -> "The server failed. Its log says why, under the id of the request.";
    };
  }
}
