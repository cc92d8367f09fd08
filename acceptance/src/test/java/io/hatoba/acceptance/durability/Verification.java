package io.hatoba.acceptance.durability;

import io.hatoba.acceptance.Content;
import io.hatoba.acceptance.RegistryHttp;
import io.hatoba.acceptance.RegistryServer;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Compares what the server has with what the journal says that it must have, while nothing else is
 * in flight.
 */
final class Verification implements AutoCloseable {

  /** As clients do: there are registries that hide what a client does not name. */
  private static final String ACCEPT = "application/vnd.oci.image.manifest.v1+json, */*";

  private final Journal journal;
  private final RegistryHttp http;
  private final Function<Register, Set<Optional<String>>> allowed;
  private int compared;
  private int resumed;

  Verification(RegistryServer server, Journal journal) {
    this(server, journal, Register::possible);
  }

  /** Of a server on a copy, which may hold what {@code allowed} says. */
  Verification(
      RegistryServer server, Journal journal, Function<Register, Set<Optional<String>>> allowed) {
    this.journal = journal;
    this.http = new RegistryHttp(server);
    this.allowed = allowed;
  }

  /** Fetches every place and settles its register on what was found. */
  void compare(Collection<String> places) throws IOException {
    for (String path : places) {
      Register register = journal.place(path);
      Set<Optional<String>> possible = allowed.apply(register);
      Optional<String> observed = observe(path);
      if (!possible.contains(observed)) {
        journal.complain(
            "%s has %s and may have only %s"
                .formatted(
                    path, text(observed), possible.stream().map(Verification::text).toList()));
      }
      register.settle(observed);
      compared++;
      if (observed.isPresent() && path.contains("/manifests/")) {
        assertWhole(path, observed.get());
      }
    }
  }

  /** Whatever the server has removed meanwhile: a manifest that is there has all its blobs. */
  private void assertWhole(String path, String manifest) throws IOException {
    String repository = path.substring("/v2/".length(), path.indexOf("/manifests/"));
    for (String blob : journal.blobsOf(manifest)) {
      if (http.send("HEAD", Load.blobPath(repository, blob), new byte[0]).statusCode() != 200) {
        journal.complain("%s is there and its blob %s is not".formatted(path, blob));
      }
      journal.place(Load.blobPath(repository, blob)).needed();
    }
  }

  private Optional<String> observe(String path) throws IOException {
    HttpResponse<byte[]> answer = http.send("GET", path, new byte[0], "Accept", ACCEPT);
    if (answer.statusCode() == 404) {
      return Optional.empty();
    }
    Load.expect(200, answer);
    String digest = Content.digest(answer.body());
    if (!answer.headers().firstValue("Docker-Content-Digest").equals(Optional.of(digest))) {
      journal.complain(
          path
              + " is served with another digest than that of its bytes: "
              + answer.headers().map());
    }
    if (!Arrays.equals(answer.body(), journal.bytes(digest))) {
      journal.complain(path + " is not what was pushed");
    }
    return Optional.of(digest);
  }

  /** Finishes every upload that was left open, from where the server says that it stands. */
  void resumeUploads() throws IOException {
    for (Optional<Journal.OpenUpload> next = journal.takeOpenUpload();
        next.isPresent();
        next = journal.takeOpenUpload()) {
      resume(next.get());
      resumed++;
    }
  }

  private void resume(Journal.OpenUpload upload) throws IOException {
    HttpResponse<byte[]> status = http.get(upload.location);
    if (status.statusCode() == 404 && upload.acknowledged == 0) {
      // On SQLite the answer to an open upload does not wait for its commit, since there is nothing
      // yet that could be lost.
      return;
    }
    if (status.statusCode() != 204) {
      journal.complain(
          "an upload session is lost: %s answers %d"
              .formatted(upload.location, status.statusCode()));
      return;
    }
    int received = received(status);
    if (received < upload.acknowledged || received > upload.sent) {
      journal.complain(
          "%s says that it has %d bytes; %d were acknowledged and %d sent"
              .formatted(upload.location, received, upload.acknowledged, upload.sent));
    }
    byte[] bytes = upload.body.get();
    String digest = Content.digest(bytes);
    journal.body(digest, upload.body);
    String location = RegistryHttp.location(status);
    if (received < bytes.length) {
      location =
          RegistryHttp.location(
              Load.expect(202, Load.patch(http, location, bytes, received, bytes.length)));
    }
    Register place = journal.place(Load.blobPath(upload.repository, digest));
    place.unneeded();
    Register.Attempt attempt = place.begin(Optional.of(digest));
    Load.expect(
        201, http.send("PUT", RegistryHttp.with(location, "digest=" + digest), new byte[0]));
    place.acknowledge(attempt);
  }

  /** {@code Range: 0-0} stands for nothing: the load never sends a single byte. */
  private static int received(HttpResponse<?> status) {
    String range = status.headers().firstValue("Range").orElse("none");
    if (!range.matches("0-[0-9]+")) {
      throw new AssertionError("not a range: " + range);
    }
    int last = Integer.parseInt(range.substring(2));
    return last == 0 ? 0 : last + 1;
  }

  private static String text(Optional<String> value) {
    return value.orElse("nothing");
  }

  int compared() {
    return compared;
  }

  int resumed() {
    return resumed;
  }

  @Override
  public void close() {
    http.close();
  }
}
