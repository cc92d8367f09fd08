package io.hatoba.server.distribution;

import io.hatoba.oci.Digest;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Reference;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.RepositoryName;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Reads the path of a request.
 *
 * <p>A path is parsed from the right, because a part of a repository's name may itself be called
 * {@code blobs}, {@code manifests}, {@code tags}, {@code uploads} or {@code referrers}. It is
 * percent-decoded once, as a whole: {@code sha256%3A…} and {@code a%2Fb} are what they decode to,
 * {@code +} is a plus sign. {@code .} and {@code ..} are never resolved, only refused.
 */
final class RouteParser {
  private static final String PREFIX = "/v2/";

  private RouteParser() {}

  /**
   * Parses a path as it stands in the request line.
   *
   * @throws RefusedException with {@code NAME_INVALID}, {@code DIGEST_INVALID} or {@code
   *     TAG_INVALID} from the value's own parser, {@code BLOB_UPLOAD_UNKNOWN} for an id that no
   *     upload can have, or {@code REQUEST_INVALID} for a path that cannot be decoded
   */
  static Target parse(String rawPath) {
    String path = decode(rawPath);
    if (path.equals("/v2") || path.equals(PREFIX)) {
      return new Target.Base();
    }
    if (!path.startsWith(PREFIX)) {
      return new Target.Nothing();
    }
    if (hasDotSegment(path)) {
      throw refused(
          ErrorCode.NAME_INVALID, "a path has no '.' and no '..' between its slashes", "");
    }
    String rest = path.substring(PREFIX.length());
    return switch (rest) {
      case "_catalog" -> new Target.Catalog();
      case "_oci/ext/discover" -> new Target.Extensions();
      default -> parseInRepository(rest);
    };
  }

  private static Target parseInRepository(String rest) {
    int lastSlash = rest.lastIndexOf('/');
    if (lastSlash < 0) {
      return new Target.Nothing();
    }
    String last = rest.substring(lastSlash + 1);
    String before = rest.substring(0, lastSlash);
    if (endsWithPart(before, "blobs/uploads")) {
      RepositoryName name = nameBefore(before, "blobs/uploads");
      return last.isEmpty() ? new Target.NewUpload(name) : new Target.Upload(name, uploadId(last));
    }
    if (last.equals("uploads") && endsWithPart(before, "blobs")) {
      return new Target.NewUpload(nameBefore(before, "blobs"));
    }
    if (last.equals("list") && endsWithPart(before, "tags")) {
      return new Target.Tags(nameBefore(before, "tags"));
    }
    if (endsWithPart(before, "manifests")) {
      return new Target.Manifest(nameBefore(before, "manifests"), Reference.parse(last));
    }
    if (endsWithPart(before, "blobs")) {
      return new Target.Blob(nameBefore(before, "blobs"), Digest.parse(last));
    }
    if (endsWithPart(before, "referrers")) {
      return new Target.Referrers(nameBefore(before, "referrers"), Digest.parse(last));
    }
    return new Target.Nothing();
  }

  private static boolean endsWithPart(String text, String part) {
    return text.endsWith(part)
        && (text.length() == part.length()
            || text.charAt(text.length() - part.length() - 1) == '/');
  }

  private static RepositoryName nameBefore(String text, String part) {
    return RepositoryName.parse(text.substring(0, Math.max(0, text.length() - part.length() - 1)));
  }

  /** Ids are ours; anything else is an upload that does not exist. */
  private static String uploadId(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean allowed =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '-'
              || c == '_';
      if (!allowed || i >= 128) {
        throw refused(ErrorCode.BLOB_UPLOAD_UNKNOWN, "there is no such upload", "");
      }
    }
    return text;
  }

  private static boolean hasDotSegment(String path) {
    return path.contains("/./")
        || path.contains("/../")
        || path.endsWith("/.")
        || path.endsWith("/..");
  }

  private static String decode(String raw) {
    if (raw.indexOf('%') < 0) {
      return raw;
    }
    byte[] utf8 = raw.getBytes(StandardCharsets.UTF_8);
    ByteBuffer decoded = ByteBuffer.allocate(utf8.length);
    for (int i = 0; i < utf8.length; i++) {
      if (utf8[i] != '%') {
        decoded.put(utf8[i]);
        continue;
      }
      int high = i + 2 < utf8.length ? Character.digit(utf8[i + 1], 16) : -1;
      int low = i + 2 < utf8.length ? Character.digit(utf8[i + 2], 16) : -1;
      if (high < 0 || low < 0) {
        throw refused(
            ErrorCode.REQUEST_INVALID, "the path has a '%' without two hexadecimal digits", "");
      }
      decoded.put((byte) (high * 16 + low));
      i += 2;
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(decoded.flip()).toString();
    } catch (CharacterCodingException e) {
      throw refused(ErrorCode.REQUEST_INVALID, "the decoded path is not UTF-8", "");
    }
  }

  private static RefusedException refused(ErrorCode code, String message, String detail) {
    return new RefusedException(
        code == ErrorCode.BLOB_UPLOAD_UNKNOWN
            ? Refusal.unknown(code, message, detail)
            : Refusal.invalid(code, message, detail));
  }
}
