package io.hatoba.acceptance.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.hatoba.acceptance.RegistryServer;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ListTest extends ProtocolScenario {

  private static final Pattern NEXT = Pattern.compile("<(/v2/[^>]+)>; *rel=\"?next\"?");

  /** distribution#1186, PR#4931; skopeo#2409, #2346: {@code null} and 404 both break clients. */
  @Test
  void aRepositoryWithoutTagsHasAnEmptyList() throws IOException {
    String repository = repository("list/empty");
    pushImage(repository, "1", "empty");
    assertStatus(202, http().delete("/v2/" + repository + "/manifests/1"));

    JsonNode list = json(assertStatus(200, http().get("/v2/" + repository + "/tags/list")));

    assertThat(list.get("name").asText()).isEqualTo(repository);
    assertThat(list.get("tags").isArray()).isTrue();
    assertThat(list.get("tags")).isEmpty();
  }

  /** harbor#18418, quay PR#3071. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 7, 1_000})
  void aWalkThroughPagesOfTagsMeetsEachOnceInOrder(int page) throws IOException {
    String repository = repository("list/tags" + page);
    byte[] image = newImage(repository, "tags");
    TreeSet<String> tags = new TreeSet<>();
    SplittableRandom random = new SplittableRandom(1);
    while (tags.size() < 20) {
      String tag =
          Long.toString(random.nextLong(1_000_000), 36) + (random.nextBoolean() ? "_A" : ".b");
      if (tags.add(tag)) {
        assertStatus(201, http().pushManifest(repository, tag, image, IMAGE));
      }
    }

    assertThat(walk("/v2/" + repository + "/tags/list?n=" + page, "tags", page))
        .containsExactlyElementsOf(tags);
  }

  @Test
  void aPageOfNothingIsEmpty() throws IOException {
    pushImage(repository("list/none"), "1", "none");

    assertThat(
            json(assertStatus(200, http().get("/v2/" + repository("list/none") + "/tags/list?n=0")))
                .get("tags"))
        .isEmpty();
  }

  /**
   * distribution#1769, docker-registry-web#36: no Link on later pages, or a list that ends at 100.
   */
  @Test
  void aWalkThroughTheCatalogMeetsEachRepositoryOnce() throws IOException {
    List<String> repositories = new ArrayList<>();
    for (int i = 100; i < 230; i++) {
      String repository = repository("list/catalog/" + i);
      pushImage(repository, "1", "catalog");
      repositories.add(repository);
    }

    List<String> walked = walk("/v2/_catalog?n=50", "repositories", 50);

    assertThat(walked).doesNotHaveDuplicates().isSorted().containsAll(repositories);
    assertThat(walked).allMatch(name -> name.startsWith(RegistryServer.REGISTRY + "/"));
    assertThat(walk("/v2/_catalog", "repositories", 10_000)).isEqualTo(walked);
  }

  private List<String> walk(String first, String field, int page) throws IOException {
    List<String> all = new ArrayList<>();
    Optional<String> next = Optional.of(first);
    while (next.isPresent()) {
      HttpResponse<byte[]> answer = assertStatus(200, http().get(next.get()));
      JsonNode names = json(answer).get(field);
      assertThat(names.size()).isLessThanOrEqualTo(page);
      names.forEach(name -> all.add(name.asText()));
      next = answer.headers().firstValue("Link").map(ListTest::target);
    }
    return all;
  }

  private static String target(String link) {
    Matcher next = NEXT.matcher(link);
    assertThat(next.find()).as(link).isTrue();
    return next.group(1);
  }
}
