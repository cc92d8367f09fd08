package io.hatoba.server.image;

import static io.hatoba.server.rest.TestServer.ADMIN_KEY;
import static io.hatoba.server.rest.TestServer.ADMIN_SECRET;
import static io.hatoba.server.rest.TestServer.admin;

import io.hatoba.oci.Digest;
import io.hatoba.oci.MediaTypes;
import io.restassured.RestAssured;
import io.restassured.path.json.JsonPath;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** Pushes over the registry protocol, into a registry of its own. */
public final class Pushed {
  private static final AtomicInteger COUNT = new AtomicInteger();

  public final String registry = "images" + COUNT.incrementAndGet();

  public Pushed() {
    admin().body(Map.of("name", registry)).post("/registries").then().statusCode(201);
  }

  /** The path of an image in the management API. */
  public String path(String image) {
    return "/registries/" + registry + "/images/" + image.replace('/', '~');
  }

  /** A blob; its descriptor. */
  public String blob(String image, String mediaType, byte[] bytes) {
    Digest digest = Digest.sha256(bytes);
    send(
        "POST",
        "/v2/%s/%s/blobs/uploads/?digest=%s".formatted(registry, image, digest),
        MediaTypes.OCTET_STREAM,
        bytes);
    return descriptor(mediaType, digest.toString(), bytes.length);
  }

  /** An image with one layer; its digest. */
  public String imageWith(String image, String config, String... tags) {
    String manifest =
        "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":%s,\"layers\":[%s]}"
            .formatted(
                MediaTypes.OCI_MANIFEST,
                blob(image, MediaTypes.OCI_CONFIG, config.getBytes(StandardCharsets.UTF_8)),
                blob(
                    image,
                    MediaTypes.OCI_LAYER,
                    ("layer of " + config).getBytes(StandardCharsets.UTF_8)));
    return manifest(image, MediaTypes.OCI_MANIFEST, manifest, tags);
  }

  /** An image for a platform that differs from all others by its name. */
  public String image(String image, String name, String architecture, String... tags) {
    return imageWith(
        image,
        "{\"os\":\"linux\",\"architecture\":\"%s\",\"author\":\"%s\"}"
            .formatted(architecture, name),
        tags);
  }

  /** An index of descriptors; its digest. */
  public String index(String image, List<String> children, String... tags) {
    return manifest(
        image,
        MediaTypes.OCI_INDEX,
        "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"manifests\":[%s]}"
            .formatted(MediaTypes.OCI_INDEX, String.join(",", children)),
        tags);
  }

  /** Something about another artifact; its digest. */
  public String referrer(String image, String subject, String artifactType) {
    return manifest(
        image,
        MediaTypes.OCI_MANIFEST,
        """
        {"schemaVersion":2,"mediaType":"%s","artifactType":"%s","config":%s,"layers":[],"subject":%s}
        """
            .formatted(
                MediaTypes.OCI_MANIFEST,
                artifactType,
                blob(image, MediaTypes.OCI_EMPTY, "{}".getBytes(StandardCharsets.UTF_8)),
                descriptor(MediaTypes.OCI_MANIFEST, subject, 7)));
  }

  /** A manifest; its digest. */
  public String manifest(String image, String mediaType, String json, String... tags) {
    String digest = Digest.sha256(json.getBytes(StandardCharsets.UTF_8)).toString();
    List<String> references = tags.length == 0 ? List.of(digest) : Arrays.asList(tags);
    for (String reference : references) {
      send(
          "PUT",
          "/v2/%s/%s/manifests/%s".formatted(registry, image, reference),
          mediaType,
          json.getBytes(StandardCharsets.UTF_8));
    }
    return digest;
  }

  /** The tags of an image, as the protocol lists them. */
  public List<String> tags(String image) {
    return protocol()
        .get("/v2/{name}/tags/list", registry + "/" + image)
        .then()
        .statusCode(200)
        .extract()
        .path("tags");
  }

  public static String descriptor(String mediaType, String digest, long size) {
    return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}"
        .formatted(mediaType, digest, size);
  }

  /** A descriptor of an image for a platform. */
  public static String child(String digest, String architecture) {
    return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":7,\"platform\":{\"os\":\"linux\",\"architecture\":\"%s\"}}"
        .formatted(MediaTypes.OCI_MANIFEST, digest, architecture);
  }

  /** All items of a list, page by page; fails if a page is longer than its limit. */
  public static List<String> all(String path, Map<String, ?> query, String field, int limit) {
    List<String> items = new ArrayList<>();
    String next = null;
    do {
      RequestSpecification request = next == null ? admin() : protocol();
      JsonPath page =
          (next == null
                  ? request.queryParams(query).queryParam("limit", limit).get(path)
                  : request.urlEncodingEnabled(false).get(next))
              .then()
              .statusCode(200)
              .extract()
              .jsonPath();
      List<String> found = page.getList("items." + field);
      if (found.size() > limit) {
        throw new AssertionError(found.size() + " items on a page of " + limit);
      }
      items.addAll(found);
      next = page.getString("next");
    } while (next != null);
    return items;
  }

  private static void send(String method, String path, String type, byte[] body) {
    String key =
        Base64.getEncoder()
            .encodeToString((ADMIN_KEY + ":" + ADMIN_SECRET).getBytes(StandardCharsets.UTF_8));
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(
                      URI.create(RestAssured.baseURI + ":" + RestAssured.port + path))
                  .header("Authorization", "Basic " + key)
                  .header("Content-Type", type)
                  .method(method, HttpRequest.BodyPublishers.ofByteArray(body))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 201) {
        throw new AssertionError(answer.statusCode() + " " + answer.body());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static RequestSpecification protocol() {
    return RestAssured.given().basePath("").auth().preemptive().basic(ADMIN_KEY, ADMIN_SECRET);
  }
}
