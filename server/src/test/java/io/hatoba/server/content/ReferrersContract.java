package io.hatoba.server.content;

import static io.hatoba.server.content.TestContent.KIM;
import static io.hatoba.server.content.TestContent.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hatoba.oci.Digest;
import io.hatoba.oci.MediaTypes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.junit.jupiter.api.Test;

/** What {@link Referrers} promises. */
abstract class ReferrersContract extends ContentContract {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LARGE = 4 << 20;

  @Test
  void aReferrerMayComeBeforeItsSubject() {
    Repository repository = content.repository();
    TestContent.Json subject = image(repository);
    TestContent.Json signature = image(repository).about(subject.digest());

    assertThat(listed(page(repository, subject.digest()))).isEmpty();
    Manifests.Stored stored =
        manifests()
            .put(
                repository,
                KIM,
                signature.type(),
                signature.bytes(),
                Optional.empty(),
                List.of(),
                new Manifests.TagCondition.Always());
    assertThat(stored.subject()).contains(subject.digest());
    assertThat(listed(page(repository, subject.digest()))).containsExactly(signature.digest());
    push(repository, subject, "v1");
    assertThat(listed(page(repository, subject.digest()))).containsExactly(signature.digest());

    delete(repository, signature.digest());
    assertThat(listed(page(repository, subject.digest()))).isEmpty();
  }

  @Test
  void aReferrerIsListedInItsOwnRepositoryOnly() {
    Repository repository = content.repository();
    Repository other = content.repository();
    Digest subject = Digest.sha256(bytes(20));
    push(repository, image(repository).about(subject));

    assertThat(listed(page(repository, subject))).hasSize(1);
    assertThat(listed(page(other, subject))).isEmpty();
  }

  @Test
  void whatIsListedDescribesTheManifest() {
    Repository repository = content.repository();
    Digest subject = Digest.sha256(bytes(20));
    TestContent.Json sbom =
        image(repository)
            .about(subject)
            .with("\"artifactType\":\"application/spdx+json\"")
            .with("\"annotations\":{\"z\":\"ünï \\\"c\\\\ode\",\"a.b/c\":\"\"}");
    push(repository, sbom);

    JsonNode index = json(page(repository, subject));

    assertThat(index.get("mediaType").asText()).isEqualTo(MediaTypes.OCI_INDEX);
    JsonNode entry = index.get("manifests").get(0);
    assertThat(entry.get("mediaType").asText()).isEqualTo(MediaTypes.OCI_MANIFEST);
    assertThat(entry.get("size").asLong()).isEqualTo(sbom.bytes().length);
    assertThat(entry.get("artifactType").asText()).isEqualTo("application/spdx+json");
    assertThat(entry.get("annotations").size()).isEqualTo(2);
    assertThat(entry.get("annotations").get("z").asText()).isEqualTo("ünï \"c\\ode");
    assertThat(entry.get("annotations").get("a.b/c").asText()).isEmpty();
  }

  @Test
  void theTypeOfAnImageIsThatOfItsConfigAndAnIndexIsListedToo() {
    Repository repository = content.repository();
    Digest subject = Digest.sha256(bytes(20));
    Digest image = push(repository, image(repository).about(subject));
    TestContent.Json typed =
        TestContent.index(List.of())
            .about(subject)
            .with("\"artifactType\":\"application/x-index\"");
    push(repository, typed);

    assertThat(listed(filtered(repository, subject, MediaTypes.OCI_CONFIG))).containsExactly(image);
    assertThat(listed(filtered(repository, subject, "application/x-index")))
        .containsExactly(typed.digest());
    assertThat(listed(filtered(repository, subject, "application/x-index", MediaTypes.OCI_CONFIG)))
        .containsExactlyInAnyOrder(image, typed.digest());
    assertThat(listed(filtered(repository, subject, "application/none"))).isEmpty();
    assertThat(listed(page(repository, subject))).hasSize(2);
  }

  @Test
  void thousandsAreListedInPagesByBytesEachOnce() {
    Repository repository = content.uncounted();
    Digest subject = Digest.sha256(bytes(20));
    Set<Digest> pushed = new TreeSet<>();
    TestContent.Json some = image(repository).about(subject);
    for (int i = 0; i < 20; i++) {
      pushed.add(push(repository, some.with("\"annotations\":{\"n\":\"" + i + "\"}")));
    }
    pushed.addAll(copyOfReferrers(repository, subject, 2_100));

    List<Digest> listed = new ArrayList<>();
    int pages = 0;
    Optional<Digest> last = Optional.empty();
    do {
      Referrers.Page page = node().referrers.page(repository, subject, Set.of(), last, 100_000);
      assertThat(page.index().length).isLessThanOrEqualTo(100_000);
      listed.addAll(listed(page));
      last = page.next();
      pages++;
    } while (last.isPresent());

    assertThat(listed).containsExactlyElementsOf(pushed);
    assertThat(pages).isBetween(5, 20);
    assertThat(listed(page(repository, subject))).containsExactlyElementsOf(pushed);
  }

  @Test
  void aPageHasAtLeastOneEntry() {
    Repository repository = content.repository();
    Digest subject = Digest.sha256(bytes(20));
    Set<Digest> pushed = new TreeSet<>();
    for (int i = 0; i < 3; i++) {
      pushed.add(push(repository, image(repository).about(subject)));
    }

    List<Digest> listed = new ArrayList<>();
    Optional<Digest> last = Optional.empty();
    do {
      Referrers.Page page = node().referrers.page(repository, subject, Set.of(), last, 1);
      assertThat(listed(page)).hasSize(1);
      listed.addAll(listed(page));
      last = page.next();
    } while (last.isPresent());
    assertThat(listed).containsExactlyElementsOf(pushed);
  }

  @Test
  void aManifestThatIsAboutNothingIsNoReferrer() {
    Repository repository = content.repository();
    TestContent.Json image = image(repository).with("\"annotations\":{\"a\":\"b\"}");
    push(repository, image, "v1");

    assertThat(listed(page(repository, image.digest()))).isEmpty();
  }

  /** Many referrers with annotations of many lengths, written at once. */
  private List<Digest> copyOfReferrers(Repository repository, Digest subject, int count) {
    List<Digest> digests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      digests.add(Digest.sha256(("referrer " + i).getBytes(StandardCharsets.UTF_8)));
    }
    content
        .database()
        .write(
            handle -> {
              PreparedBatch manifests =
                  handle.prepareBatch(
                      "INSERT INTO manifest (digest, bytes, created_at) VALUES (:digest, :bytes, 0)");
              PreparedBatch links =
                  handle.prepareBatch(
                      """
                      INSERT INTO repository_manifest
                        (repository_id, digest, media_type, size, artifact_type, subject, annotations, pushed_at, pushed_by)
                      VALUES (:repository, :digest, :type, 5, 'application/x', :subject, :annotations, 0, '')
                      """);
              for (int i = 0; i < count; i++) {
                manifests.bind("digest", digests.get(i)).bind("bytes", new byte[5]).add();
                links
                    .bind("repository", repository.id())
                    .bind("digest", digests.get(i))
                    .bind("type", MediaTypes.OCI_MANIFEST)
                    .bind("subject", subject)
                    .bind("annotations", "{\"n\":\"" + "x".repeat(i % 300) + "\"}")
                    .add();
              }
              manifests.execute();
              return links.execute();
            });
    return digests;
  }

  private Referrers.Page page(Repository repository, Digest subject) {
    return node().referrers.page(repository, subject, Set.of(), Optional.empty(), LARGE);
  }

  private Referrers.Page filtered(Repository repository, Digest subject, String... types) {
    return node().referrers.page(repository, subject, Set.of(types), Optional.empty(), LARGE);
  }

  private static JsonNode json(Referrers.Page page) {
    try {
      return JSON.readTree(page.index());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Digest> listed(Referrers.Page page) {
    return json(page)
        .get("manifests")
        .valueStream()
        .map(entry -> Digest.parse(entry.get("digest").asText()))
        .toList();
  }
}
