package io.hatoba.server.content;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.Digest;
import io.hatoba.oci.MediaTypes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is worked out of a manifest when it is stored, for lists. */
abstract class ManifestFactsContract extends ContentContract {
  private static final String ARM =
      "{\"os\":\"linux\",\"rootfs\":{\"os\":\"x\"},\"architecture\":\"aarch64\",\"variant\":\"v8\"}";

  @Test
  void anImageHasTheSizeOfAllItNamesAndThePlatformOfItsConfig() {
    Repository repository = content.repository();
    TestContent.Json image = image(repository, ARM);
    Digest digest = push(repository, image, "v1");
    assertThat(facts(repository, digest))
        .isEqualTo("image " + (image.bytes().length + ARM.length() + 60) + " linux/arm64");
  }

  @Test
  void aConfigThatIsNoneGivesNoPlatform() {
    Repository repository = content.repository();
    TestContent.Json image = image(repository, "{\"os\":\"linux\",");
    assertThat(facts(repository, push(repository, image))).startsWith("image ").endsWith(" -");
  }

  @Test
  void aConfigInTheStorageIsReadToo() {
    Repository repository = content.repository();
    String config = "{\"x\":\"" + "x".repeat(100_000) + "\"," + ARM.substring(1);
    TestContent.Json image = image(repository, config);
    assertThat(facts(repository, push(repository, image))).endsWith(" linux/arm64");
  }

  @Test
  void anIndexHasTheSizeOfItsChildrenAndSaysTheirPlatforms() {
    Repository repository = content.repository();
    TestContent.Json image = image(repository, ARM);
    Digest child = push(repository, image);
    TestContent.Json index =
        TestContent.index(
            List.of(
                TestContent.descriptor(MediaTypes.OCI_MANIFEST, child, image.bytes().length)
                    .replaceFirst(
                        "^\\{",
                        "{\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\",\"variant\":\"v8\"},")));
    Digest parent = push(repository, index);
    long size = image.bytes().length + ARM.length() + 60L + index.bytes().length;
    assertThat(facts(repository, parent)).isEqualTo("index " + size + " -");
    assertThat(platforms(repository, parent)).containsExactly("linux/arm64");
  }

  @Test
  void whatAnOlderVersionStoredIsFilledLater() {
    Repository repository = content.repository();
    TestContent.Json image = image(repository, ARM);
    Digest child = push(repository, image);
    Digest parent =
        push(
            repository,
            TestContent.index(
                List.of(
                    TestContent.descriptor(MediaTypes.OCI_MANIFEST, child, image.bytes().length)
                        .replaceFirst(
                            "^\\{",
                            "{\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\"},"))));
    String before = facts(repository, child) + facts(repository, parent);
    content
        .database()
        .write(
            handle ->
                handle.execute(
                    "UPDATE repository_manifest SET kind = '', total_size = 0, platform = NULL WHERE repository_id = ?",
                    repository.id()));
    content
        .database()
        .write(
            handle ->
                handle.execute(
                    "UPDATE manifest_edge SET platform = NULL, parent_pushed_at = NULL WHERE repository_id = ?",
                    repository.id()));
    assertThat(node().fill.runOnce()).isEqualTo(2);
    assertThat(facts(repository, child) + facts(repository, parent)).isEqualTo(before);
    assertThat(platforms(repository, parent)).containsExactly("linux/arm64");
    assertThat(node().fill.runOnce()).isZero();
  }

  private TestContent.Json image(Repository repository, String config) {
    return TestContent.image(
        push(repository, config.getBytes(StandardCharsets.UTF_8)),
        push(repository, TestContent.bytes(60)));
  }

  private String facts(Repository repository, Digest digest) {
    return content
        .texts(
            "SELECT kind || ' ' || total_size || ' ' || coalesce(platform, '-') FROM repository_manifest"
                + " WHERE repository_id = ? AND digest = ?",
            repository.id(),
            digest)
        .getFirst();
  }

  private List<String> platforms(Repository repository, Digest parent) {
    return content.texts(
        "SELECT e.platform FROM manifest_edge e JOIN repository_manifest m ON m.repository_id = e.repository_id"
            + " AND m.digest = e.parent AND m.pushed_at = e.parent_pushed_at WHERE e.repository_id = ? AND e.parent = ?",
        repository.id(),
        parent);
  }
}
