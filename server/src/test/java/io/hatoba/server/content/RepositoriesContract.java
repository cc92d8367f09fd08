package io.hatoba.server.content;

import static io.hatoba.server.content.TestContent.atOnce;
import static io.hatoba.server.content.TestContent.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.RepositoryName;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/** What {@link Repositories} promises. */
abstract class RepositoriesContract extends ContentContract {
  @Test
  void theFirstPushMakesARepository() {
    RepositoryName name = new RepositoryName("team/tools/first");

    assertThat(node().repositories.find(name)).isEmpty();
    assertThat(refused(ErrorCode.NAME_UNKNOWN, () -> node().repositories.require(name)).message())
        .contains("the first push makes it");
    Repository made = node().repositories.forPush(name);
    assertThat(made.name()).isEqualTo(name);
    assertThat(made.registryId()).isEqualTo(1);
    assertThat(node().repositories.forPush(name)).isEqualTo(made);
    assertThat(node().repositories.require(name)).isEqualTo(made);
    content.restart();
    assertThat(node().repositories.find(name)).contains(made);
  }

  @Test
  void manyFirstPushesMakeOneRepository() {
    RepositoryName name = new RepositoryName("team/at-once");
    List<Callable<Repository>> pushes =
        Collections.nCopies(32, () -> node().repositories.forPush(name));

    assertThat(new HashSet<>(atOnce(pushes))).hasSize(1);
    assertThat(content.count("FROM repository WHERE name = ?", name)).isEqualTo(1);
  }

  @Test
  void aRegistryThatDoesNotExistIsNotMade() {
    RepositoryName name = new RepositoryName("nowhere/image");

    for (int i = 0; i < 2; i++) {
      assertThat(refused(ErrorCode.NAME_UNKNOWN, () -> node().repositories.forPush(name)).message())
          .contains("registry nowhere does not exist")
          .contains("/api/v1/registries");
      assertThat(refused(ErrorCode.NAME_UNKNOWN, () -> node().repositories.require(name)).message())
          .contains("registry nowhere does not exist");
    }
    content
        .database()
        .write(
            handle ->
                handle.execute(
                    "INSERT INTO registry (id, name, created_at) VALUES (3, 'nowhere', 0)"));
    assertThat(node().repositories.forPush(name).registryId()).isEqualTo(3);
  }

  @Test
  void aNameWithoutAnImageIsNoPlaceForAPush() {
    assertThat(
            refused(
                    ErrorCode.NAME_INVALID,
                    () -> node().repositories.forPush(new RepositoryName("team")))
                .message())
        .contains("team/<image>");
    refused(ErrorCode.NAME_UNKNOWN, () -> node().repositories.require(new RepositoryName("team")));
  }

  @Test
  void namesAreListedInByteOrderAsTheScopeAllows() {
    NavigableMap<String, Long> model = new TreeMap<>();
    content
        .texts("SELECT name FROM repository")
        .forEach(
            name ->
                model.put(
                    name, node().repositories.require(new RepositoryName(name)).registryId()));
    for (String image : List.of("a", "a-b", "a.b", "a/b", "a_b", "a0", "b", "1")) {
      for (String registry : List.of("team", "other")) {
        Repository made =
            node().repositories.forPush(new RepositoryName(registry + "/zz/" + image));
        model.put(made.name().value(), made.registryId());
      }
    }

    Random random = new Random(7);
    List<String> cursors = new ArrayList<>(model.keySet());
    cursors.addAll(List.of("", "other", "team/", "team/zz/a0x", "zzz", "a"));
    for (Set<Long> registries : List.of(Set.<Long>of(), Set.of(1L), Set.of(2L), Set.of(1L, 2L))) {
      ReadScope scope = new ReadScope.Registries(registries);
      for (String cursor : cursors) {
        int limit = random.nextInt(20);
        assertThat(node().repositories.page(scope, Optional.of(cursor), limit))
            .extracting(RepositoryName::value)
            .containsExactlyElementsOf(expected(model, registries, cursor, limit));
      }
    }
    ReadScope all = new ReadScope.Everything();
    for (String cursor : cursors) {
      assertThat(node().repositories.page(all, Optional.of(cursor), 3))
          .extracting(RepositoryName::value)
          .containsExactlyElementsOf(expected(model, Set.copyOf(model.values()), cursor, 3));
    }
    assertThat(node().repositories.page(all, Optional.empty(), 10_000))
        .extracting(RepositoryName::value)
        .containsExactlyElementsOf(model.keySet());
    assertThat(node().repositories.page(all, Optional.empty(), 0)).isEmpty();
  }

  private static List<String> expected(
      NavigableMap<String, Long> model, Set<Long> registries, String after, int limit) {
    return model.tailMap(after, false).entrySet().stream()
        .filter(entry -> registries.contains(entry.getValue()))
        .limit(limit)
        .map(java.util.Map.Entry::getKey)
        .toList();
  }
}
