package io.hatoba.acceptance.durability;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hatoba.acceptance.Content;
import io.hatoba.acceptance.RegistryHttp;
import io.hatoba.acceptance.RegistryServer;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Many clients that push, mount, tag and delete at once, until their server dies. All that they ask
 * and hear stands in the journal.
 *
 * <p>Each worker has a repository of its own, where it knows what to expect; all of them fight for
 * the tags of one shared repository. What is deleted is never what something else needs: a registry
 * may refuse that.
 */
final class Load implements AutoCloseable {

  private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  private static final String SHARED = RegistryServer.REGISTRY + "/crash/shared";
  private static final int SHARED_TAGS = 5;

  private final Journal journal;
  private final RegistryHttp http;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  Load(RegistryServer server, Journal journal) {
    this.journal = journal;
    this.http = new RegistryHttp(server);
  }

  /** Lets so many workers loose. */
  void start(int workers, long seed) {
    for (int i = 0; i < workers; i++) {
      threads.execute(new Worker(i, new SplittableRandom(seed + i)));
    }
  }

  /** Waits until every worker has noticed that the server is dead. */
  @Override
  public void close() {
    threads.shutdown();
    try {
      if (!threads.awaitTermination(3, TimeUnit.MINUTES)) {
        throw new AssertionError("a client hangs although its server is dead");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the clients end", e);
    }
    http.close();
  }

  private final class Worker implements Runnable {
    private final SplittableRandom random;
    private final String own;
    private final String other;
    private final List<String> blobs = new ArrayList<>();
    private final List<String> manifests = new ArrayList<>();
    private final List<String> tags = new ArrayList<>();
    private int made;

    private Worker(int number, SplittableRandom random) {
      this.random = random;
      this.own = RegistryServer.REGISTRY + "/crash/worker" + number;
      this.other = own + "/mounted";
    }

    @Override
    public void run() {
      try {
        while (true) {
          step();
        }
      } catch (IOException e) {
        if (!journal.killing()) {
          journal.complain("a connection broke although the server lives: " + e);
        }
      } catch (RefusedByServer e) {
        journal.complain(e.toString());
      }
    }

    private void step() throws IOException {
      int choice = random.nextInt(100);
      if (choice < 25 || manifests.isEmpty()) {
        pushImage();
      } else if (choice < 45) {
        pushBlob(own);
      } else if (choice < 60) {
        moveTag();
      } else if (choice < 70) {
        mount();
      } else if (choice < 78) {
        deleteTag();
      } else if (choice < 85) {
        deleteManifest();
      } else if (choice < 92) {
        String digest = pushBlob(own);
        write(
            "DELETE", blobPath(own, digest), 202, Map.of(blobPath(own, digest), Optional.empty()));
      } else {
        leaveAnUploadOpen();
      }
    }

    private void pushImage() throws IOException {
      String repository = random.nextInt(4) == 0 ? SHARED : own;
      byte[] manifest = manifest(repository);
      String digest = remember(manifest);
      switch (random.nextInt(3)) {
        case 0 -> {
          String tag = tag(repository);
          put(repository, tag, manifest, Map.of(tag, digest));
        }
        case 1 -> {
          String first = tag(repository);
          String second = tag(repository);
          if (first.equals(second)) {
            put(repository, digest, manifest, Map.of());
          } else {
            put(
                repository,
                digest + "?tag=" + first + "&tag=" + second,
                manifest,
                Map.of(first, digest, second, digest));
          }
        }
        default -> put(repository, digest, manifest, Map.of());
      }
      if (repository.equals(own)) {
        manifests.add(digest);
        blobs.addAll(journal.blobsOf(digest));
      }
    }

    /**
     * Puts a manifest that the repository already has under another tag, and under one that others
     * move too.
     */
    private void moveTag() throws IOException {
      String digest = manifests.get(random.nextInt(manifests.size()));
      String tag = tags.isEmpty() || random.nextBoolean() ? tag(own) : any(tags);
      put(own, tag, journal.bytes(digest), Map.of(tag, digest));
    }

    private void mount() throws IOException {
      String digest = any(blobs);
      journal.place(blobPath(other, digest)).unneeded(); // no manifest names it there
      write(
          "POST",
          "/v2/" + other + "/blobs/uploads/?mount=" + digest + "&from=" + own,
          201,
          Map.of(blobPath(other, digest), Optional.of(digest)));
    }

    private void deleteTag() throws IOException {
      byte[] manifest = manifest(own);
      String digest = remember(manifest);
      String tag = "doomed-" + name();
      put(own, tag, manifest, Map.of(tag, digest));
      write(
          "DELETE", manifestPath(own, tag), 202, Map.of(manifestPath(own, tag), Optional.empty()));
    }

    /** Deleting a manifest ends its tags. */
    private void deleteManifest() throws IOException {
      byte[] manifest = manifest(own);
      String digest = remember(manifest);
      String tag = "doomed-" + name();
      put(own, tag, manifest, Map.of(tag, digest));
      for (String blob : journal.blobsOf(digest)) {
        journal.place(blobPath(own, blob)).unneeded();
      }
      write(
          "DELETE",
          manifestPath(own, digest),
          202,
          Map.of(
              manifestPath(own, digest),
              Optional.empty(),
              manifestPath(own, tag),
              Optional.empty()));
    }

    private void leaveAnUploadOpen() throws IOException {
      long seed = random.nextLong();
      int size = 2 + random.nextInt(3_000_000);
      Supplier<byte[]> body = () -> Content.random(seed, size);
      HttpResponse<byte[]> opened = expect(202, http.openUpload(own));
      Journal.OpenUpload upload = new Journal.OpenUpload(own, RegistryHttp.location(opened), body);
      journal.leaveOpen(upload);
      byte[] bytes = body.get();
      int end = random.nextInt(2, size + 1);
      for (int from = 0; from < end; ) {
        int to = Math.min(end, from + 2 + random.nextInt(1_000_000));
        upload.sent = to;
        HttpResponse<byte[]> answer = expect(202, patch(upload.location, bytes, from, to));
        upload.location = RegistryHttp.location(answer);
        upload.acknowledged = to;
        from = to;
      }
    }

    /** A manifest of which all blobs are pushed. */
    private byte[] manifest(String repository) throws IOException {
      List<String> layers = new ArrayList<>();
      String config = pushBlob(repository);
      for (int i = random.nextInt(3); i >= 0; i--) {
        layers.add(pushBlob(repository));
      }
      byte[] manifest =
          """
          {"schemaVersion":2,"mediaType":"%s","config":%s,"layers":[%s],"annotations":{"name":"%s"}}"""
              .formatted(
                  MANIFEST,
                  descriptor("application/vnd.oci.image.config.v1+json", config),
                  layers.stream()
                      .map(layer -> descriptor("application/octet-stream", layer))
                      .collect(Collectors.joining(",")),
                  name())
              .getBytes(UTF_8);
      List<String> named = new ArrayList<>(layers);
      named.add(config);
      journal.blobs(Content.digest(manifest), named);
      return manifest;
    }

    private String descriptor(String mediaType, String digest) {
      return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}"
          .formatted(mediaType, digest, journal.bytes(digest).length);
    }

    private String pushBlob(String repository) throws IOException {
      long seed = random.nextLong();
      int size = size();
      Supplier<byte[]> body = () -> Content.random(seed, size);
      byte[] bytes = body.get();
      String digest = Content.digest(bytes);
      journal.body(digest, body);
      Map<String, Optional<String>> effect =
          Map.of(blobPath(repository, digest), Optional.of(digest));
      journal.place(blobPath(repository, digest)).unneeded(); // until a manifest names it
      String uploads = "/v2/" + repository + "/blobs/uploads/";
      int style = random.nextInt(3);
      if (style == 0) {
        write("POST", uploads + "?digest=" + digest, bytes, 201, effect);
        return digest;
      }
      String location = RegistryHttp.location(expect(202, http.openUpload(repository)));
      if (style == 1 || size < 2) {
        write("PUT", RegistryHttp.with(location, "digest=" + digest), bytes, 201, effect);
        return digest;
      }
      int middle = 1 + random.nextInt(size - 1);
      location = RegistryHttp.location(expect(202, patch(location, bytes, 0, middle)));
      location = RegistryHttp.location(expect(202, patch(location, bytes, middle, size)));
      write("PUT", RegistryHttp.with(location, "digest=" + digest), new byte[0], 201, effect);
      return digest;
    }

    /** Many small ones, some large ones: the server may keep them in different ways. */
    private int size() {
      int kind = random.nextInt(20);
      if (kind == 0) {
        return 1_000_000 + random.nextInt(3_000_000);
      }
      return kind < 5 ? 20_000 + random.nextInt(200_000) : random.nextInt(3_000);
    }

    private void put(
        String repository, String reference, byte[] manifest, Map<String, String> moved)
        throws IOException {
      Map<String, Optional<String>> effects =
          moved.entrySet().stream()
              .collect(
                  Collectors.toMap(
                      entry -> manifestPath(repository, entry.getKey()),
                      entry -> Optional.of(entry.getValue())));
      String digest = Content.digest(manifest);
      effects.put(manifestPath(repository, digest), Optional.of(digest));
      write(
          "PUT",
          manifestPath(repository, reference),
          manifest,
          201,
          effects,
          "Content-Type",
          MANIFEST);
      for (String blob : journal.blobsOf(digest)) {
        journal.place(blobPath(repository, blob)).needed();
      }
    }

    private String remember(byte[] manifest) {
      String digest = Content.digest(manifest);
      journal.body(digest, () -> manifest);
      return digest;
    }

    private String tag(String repository) {
      if (repository.equals(SHARED)) {
        return "shared-" + random.nextInt(SHARED_TAGS);
      }
      String tag = "tag-" + name();
      tags.add(tag);
      return tag;
    }

    private String name() {
      made++;
      return made + "-" + Long.toUnsignedString(random.nextLong(), 36);
    }

    private String any(List<String> list) {
      return list.get(random.nextInt(list.size()));
    }

    private void write(
        String method, String path, int expected, Map<String, Optional<String>> effects)
        throws IOException {
      write(method, path, new byte[0], expected, effects);
    }

    private void write(
        String method,
        String path,
        byte[] body,
        int expected,
        Map<String, Optional<String>> effects,
        String... headers)
        throws IOException {
      Map<Register, Register.Attempt> attempts =
          effects.entrySet().stream()
              .collect(
                  Collectors.toMap(
                      entry -> journal.place(entry.getKey()),
                      entry -> journal.place(entry.getKey()).begin(entry.getValue())));
      HttpResponse<byte[]> answer = http.send(method, path, body, headers);
      if (answer.statusCode() == expected) {
        attempts.forEach(Register::acknowledge);
        journal.count();
      } else if (answer.statusCode() < 500) {
        attempts.forEach(Register::withdraw);
      }
      expect(expected, answer);
    }

    private HttpResponse<byte[]> patch(String location, byte[] bytes, int from, int to)
        throws IOException {
      return Load.patch(http, location, bytes, from, to);
    }
  }

  /** Sends the bytes from {@code from} to before {@code to} to an upload session. */
  static HttpResponse<byte[]> patch(
      RegistryHttp http, String location, byte[] bytes, int from, int to) throws IOException {
    return http.send(
        "PATCH",
        location,
        Arrays.copyOfRange(bytes, from, to),
        "Content-Type",
        "application/octet-stream",
        "Content-Range",
        from + "-" + (to - 1));
  }

  static String blobPath(String repository, String digest) {
    return "/v2/" + repository + "/blobs/" + digest;
  }

  private static String manifestPath(String repository, String reference) {
    return "/v2/" + repository + "/manifests/" + reference;
  }

  static HttpResponse<byte[]> expect(int status, HttpResponse<byte[]> answer) {
    if (answer.statusCode() != status) {
      throw new RefusedByServer(
          "%s answered %d instead of %d: %s"
              .formatted(
                  answer.request().method() + " " + answer.uri(),
                  answer.statusCode(),
                  status,
                  new String(answer.body(), UTF_8)));
    }
    return answer;
  }

  /** The server answered something else than it must. */
  static final class RefusedByServer extends RuntimeException {
    private static final long serialVersionUID = 1;

    private RefusedByServer(String message) {
      super(message);
    }
  }
}
