package io.hatoba.server.distribution;

import static io.hatoba.server.distribution.RegistryFixture.header;
import static io.hatoba.server.distribution.RegistryFixture.text;
import static io.hatoba.server.distribution.UploadProtocolTest.bytes;
import static io.hatoba.server.distribution.UploadProtocolTest.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.oci.MediaTypes;
import io.hatoba.server.account.Role;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ListingProtocolTest {
  private static final Pattern NEXT = Pattern.compile("<(/v2/[^>]+)>; rel=\"next\"");
  private static final String SUBJECT_TYPE = MediaTypes.OCI_MANIFEST;

  @TempDir static Path folder;
  private static RegistryFixture registry;

  @BeforeAll
  static void start() {
    registry =
        RegistryFixture.start(
            folder,
            Map.of(
                "hatoba.distribution.tags-page-size", "50",
                "hatoba.distribution.catalog-page-size", "7",
                "hatoba.distribution.referrers-page-size", "64K"));
  }

  @AfterAll
  static void stop() {
    registry.close();
  }

  @Test
  @DisplayName("distribution#1186, skopeo#2409: a repository without tags has [] and not null")
  void aRepositoryWithoutTagsHasAnEmptyList() {
    byte[] manifest = index("no tag", "");
    registry.send(
        "PUT",
        "/v2/team/untagged/manifests/" + Digest.sha256(manifest),
        manifest,
        "Content-Type",
        MediaTypes.OCI_INDEX);
    HttpResponse<byte[]> answer = registry.send("GET", "/v2/team/untagged/tags/list");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(text(answer)).isEqualTo("{\"name\":\"team/untagged\",\"tags\":[]}");
    HttpResponse<byte[]> head = registry.send("HEAD", "/v2/team/untagged/tags/list");
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(header(head, "Content-Length")).isEqualTo(header(answer, "Content-Length"));
    assertThat(text(registry.send("GET", "/v2/team/absent/tags/list"))).contains("NAME_UNKNOWN");
  }

  @Test
  @DisplayName("harbor#18418, quay PR#3071: order, n, last and Link of tags against a model")
  void tagsAreWalkedPageByPage() {
    TreeSet<String> model = new TreeSet<>();
    Random random = new Random(31);
    byte[] manifest = index("tags", "");
    for (int round = 0; round < 3; round++) {
      StringBuilder query = new StringBuilder("?");
      for (int i = 0; i < 40; i++) {
        String tag = tag(random);
        model.add(tag);
        query.append("&tag=").append(tag);
      }
      HttpResponse<byte[]> pushed =
          registry.send(
              "PUT",
              "/v2/team/tags/manifests/" + Digest.sha256(manifest) + query,
              manifest,
              "Content-Type",
              MediaTypes.OCI_INDEX);
      assertThat(pushed.statusCode()).as(text(pushed)).isEqualTo(201);
    }
    List<String> all = List.copyOf(model);
    for (String n : List.of("", "?n=1", "?n=7", "?n=50", "?n=51", "?n=99999999999999999999")) {
      assertThat(walk("/v2/team/tags/tags/list" + n, "tags")).as(n).isEqualTo(all);
    }
    for (String last : List.of("", "0", "A", "zzz", "~", "a b", all.get(17), "%C3%A9")) {
      String decoded = last.equals("%C3%A9") ? "é" : last;
      assertThat(walk("/v2/team/tags/tags/list?last=" + last.replace(" ", "%20"), "tags"))
          .as(last)
          .isEqualTo(List.copyOf(model.tailSet(decoded, false)));
    }
    HttpResponse<byte[]> none = registry.send("GET", "/v2/team/tags/tags/list?n=0");
    assertThat(list(none, "tags")).isEmpty();
    assertThat(none.headers().firstValue("Link")).isEmpty();
    HttpResponse<byte[]> exact =
        registry.send("GET", "/v2/team/tags/tags/list?n=10&last=" + all.get(all.size() - 11));
    assertThat(list(exact, "tags")).hasSize(10);
    assertThat(exact.headers().firstValue("Link")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "x", "", "1.5", "0x1", "+1", "%201"})
  void aPageNeedsANumber(String n) {
    for (String path : List.of("/v2/team/untagged/tags/list?n=", "/v2/_catalog?n=")) {
      HttpResponse<byte[]> answer = registry.send("GET", path + n);
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(text(answer)).contains("PAGINATION_NUMBER_INVALID");
    }
  }

  @Test
  @DisplayName("distribution#1769, registry-browser#564: every page of the catalog has its Link")
  void theCatalogIsWalkedAndShowsWhatTheCallerMayRead(@TempDir Path other) {
    try (RegistryFixture fresh =
        RegistryFixture.start(other, Map.of("hatoba.distribution.catalog-page-size", "7"))) {
      List<String> ofTeam = new ArrayList<>();
      List<String> all = new ArrayList<>();
      for (int i = 10; i < 40; i++) {
        String name = (i % 3 == 0 ? "team" : "other") + "/r" + i;
        fresh.pushBlob(name, bytes(3, 1));
        all.add(name);
        if (i % 3 == 0) {
          ofTeam.add(name);
        }
      }
      all.sort(null);
      assertThat(walk(fresh, fresh.admin(), "/v2/_catalog", "repositories")).isEqualTo(all);
      assertThat(walk(fresh, fresh.admin(), "/v2/_catalog?n=4", "repositories")).isEqualTo(all);
      String member = fresh.login("member", Role.PROJECT_MEMBER, Optional.of("team"));
      assertThat(walk(fresh, member, "/v2/_catalog?n=3", "repositories")).isEqualTo(ofTeam);
      HttpResponse<byte[]> anonymous =
          fresh.send("", "GET", "/v2/_catalog", BodyPublishers.noBody());
      assertThat(anonymous.statusCode()).isEqualTo(401);
      assertThat(header(anonymous, "WWW-Authenticate")).contains("scope=\"registry:catalog:*\"");
    }
  }

  @Test
  @DisplayName("oras-go#633, registry.k8s.io#287: referrers of nothing are an empty index")
  void referrersOfWhatDoesNotExistAreAnEmptyIndex() {
    Digest subject = Digest.sha256(utf8("nothing"));
    for (String repository : List.of("team/untagged", "team/not-there", "nowhere/app")) {
      HttpResponse<byte[]> answer =
          registry.send("GET", "/v2/" + repository + "/referrers/" + subject);
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(header(answer, "Content-Type")).isEqualTo(MediaTypes.OCI_INDEX);
      JsonObject index = new JsonObject(text(answer));
      assertThat(index.getInteger("schemaVersion")).isEqualTo(2);
      assertThat(index.getString("mediaType")).isEqualTo(MediaTypes.OCI_INDEX);
      assertThat(index.getJsonArray("manifests")).isEmpty();
    }
    assertThat(text(registry.send("GET", "/v2/team/app/referrers/sha256:bad")))
        .contains("DIGEST_INVALID");
  }

  @Test
  @DisplayName("cosign#4422, hub-feedback#2372: referrers have type and annotations, and filters")
  void referrersAreFilteredByTheirTypes() {
    Digest subject = Digest.sha256(utf8("filtered"));
    pushReferrer("team/signed", subject, "application/vnd.a+json", "first");
    pushReferrer("team/signed", subject, "application/vnd.b+json", "second");
    pushReferrer("team/signed", subject, "application/vnd.c+json", "third");
    String path = "/v2/team/signed/referrers/" + subject;
    HttpResponse<byte[]> all = registry.send("GET", path);
    assertThat(manifests(all)).hasSize(3);
    assertThat(all.headers().firstValue("OCI-Filters-Applied")).isEmpty();
    HttpResponse<byte[]> one =
        registry.send("GET", path + "?artifactType=application%2Fvnd.b%2Bjson");
    assertThat(manifests(one)).hasSize(1);
    assertThat(header(one, "OCI-Filters-Applied")).isEqualTo("artifactType");
    JsonObject found = manifests(one).getJsonObject(0);
    assertThat(found.getString("artifactType")).isEqualTo("application/vnd.b+json");
    assertThat(found.getJsonObject("annotations").getString("note")).isEqualTo("second");
    assertThat(
            manifests(
                registry.send(
                    "GET",
                    path
                        + "?artifactType=application/vnd.a%2Bjson&artifactType=application/vnd.c+json")))
        .hasSize(2);
    assertThat(manifests(registry.send("GET", path + "?artifactType=none/such"))).isEmpty();
  }

  @Test
  void manyReferrersAreWalkedByLink() {
    Digest subject = Digest.sha256(utf8("many"));
    TreeSet<String> model = new TreeSet<>();
    for (int i = 0; i < 12; i++) {
      model.add(
          pushReferrer(
                  "team/many",
                  subject,
                  i % 2 == 0 ? "application/vnd.even+json" : "application/vnd.odd+json",
                  i + "x".repeat(12_000))
              .toString());
    }
    String path = "/v2/team/many/referrers/" + subject;
    List<String> walked = new ArrayList<>();
    int pages = 0;
    Optional<String> next = Optional.of(path);
    while (next.isPresent()) {
      HttpResponse<byte[]> page = registry.send("GET", next.get());
      assertThat(page.body().length).isLessThanOrEqualTo(64 * 1024);
      manifests(page).forEach(found -> walked.add(((JsonObject) found).getString("digest")));
      next = next(page);
      pages++;
    }
    assertThat(pages).isGreaterThan(2);
    assertThat(walked).containsExactlyElementsOf(model);
    HttpResponse<byte[]> filtered =
        registry.send("GET", path + "?artifactType=application/vnd.even%2Bjson");
    assertThat(next(filtered).orElseThrow()).contains("artifactType=application%2Fvnd.even%2Bjson");
    JsonObject onNextPage =
        manifests(registry.send("GET", next(filtered).orElseThrow())).getJsonObject(0);
    assertThat(onNextPage.getString("artifactType")).isEqualTo("application/vnd.even+json");
  }

  @Test
  void theExtensionsAreListed() {
    assertThat(text(registry.send("GET", "/v2/_oci/ext/discover")))
        .isEqualTo("{\"extensions\":[]}");
  }

  private static Digest pushReferrer(
      String repository, Digest subject, String artifactType, String note) {
    byte[] manifest =
        index(
            note,
            ",\"artifactType\":\"%s\",\"subject\":{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":8}"
                .formatted(artifactType, SUBJECT_TYPE, subject));
    Digest digest = Digest.sha256(manifest);
    HttpResponse<byte[]> answer =
        registry.send(
            "PUT",
            "/v2/" + repository + "/manifests/" + digest,
            manifest,
            "Content-Type",
            MediaTypes.OCI_INDEX);
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(201);
    return digest;
  }

  private static byte[] index(String note, String more) {
    return utf8(
        "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"manifests\":[],\"annotations\":{\"note\":\"%s\"}%s}"
            .formatted(MediaTypes.OCI_INDEX, note, more));
  }

  private static List<String> walk(String path, String field) {
    return walk(registry, registry.admin(), path, field);
  }

  private static List<String> walk(
      RegistryFixture target, String authorization, String path, String field) {
    List<String> walked = new ArrayList<>();
    Optional<String> next = Optional.of(path);
    while (next.isPresent()) {
      HttpResponse<byte[]> page =
          target.send(authorization, "GET", next.get(), BodyPublishers.noBody());
      assertThat(page.statusCode()).as(text(page)).isEqualTo(200);
      walked.addAll(list(page, field));
      next = next(page);
    }
    return walked;
  }

  private static List<String> list(HttpResponse<byte[]> page, String field) {
    List<String> entries = new ArrayList<>();
    new JsonObject(text(page)).getJsonArray(field).forEach(entry -> entries.add((String) entry));
    return entries;
  }

  private static JsonArray manifests(HttpResponse<byte[]> page) {
    return new JsonObject(text(page)).getJsonArray("manifests");
  }

  private static Optional<String> next(HttpResponse<byte[]> page) {
    return page.headers()
        .firstValue("Link")
        .map(
            link -> {
              Matcher matcher = NEXT.matcher(link);
              assertThat(matcher.matches()).as(link).isTrue();
              return matcher.group(1);
            });
  }

  private static String tag(Random random) {
    String letters = "abzABZ019_.-";
    StringBuilder tag = new StringBuilder().append("azAZ09_".charAt(random.nextInt(7)));
    for (int i = random.nextInt(4); i >= 0; i--) {
      tag.append(letters.charAt(random.nextInt(letters.length())));
    }
    return tag.toString();
  }
}
