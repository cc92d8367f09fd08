package io.hatoba.server.rest;

import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.ConfigProvider;

/**
 * What the tests of resources share. The server runs in the JVM of the test, on a port of its own:
 *
 * <pre>
 * abstract class RegistryApiContract { @Test … TestServer.admin().get("/registries") … }
 * &#64;QuarkusTest &#64;TestProfile(SqliteServer.class)
 * class SqliteRegistryApiTest extends RegistryApiContract {}
 * &#64;QuarkusTest &#64;TestProfile(PostgresServer.class)
 * class PostgresRegistryApiTest extends RegistryApiContract {}
 * </pre>
 *
 * All tests of one kind of database share one server, so each makes what it needs under names of
 * its own.
 */
public final class TestServer {
  /** The key of the account admin, which has the role project-admin. */
  public static final String ADMIN_KEY = "HKADMIN";

  /** Its secret. */
  public static final String ADMIN_SECRET = "a-secret-for-tests-only-0123456789";

  /** The password of the account admin. */
  public static final String ADMIN_PASSWORD = "correct horse battery staple";

  private TestServer() {}

  /** A request of the administrator with the access key; paths begin after {@code /api/v1}. */
  public static RequestSpecification admin() {
    return as(ADMIN_KEY, ADMIN_SECRET);
  }

  /** A request with an access key. */
  public static RequestSpecification as(String key, String secret) {
    return anonymous().auth().preemptive().basic(key, secret);
  }

  /** A request without credentials. */
  public static RequestSpecification anonymous() {
    return RestAssured.given().basePath("/api/v1").contentType(ContentType.JSON);
  }

  /** Ports on loopback that the server may ask; the last is that of its identity provider. */
  public static List<Integer> outboundPorts() {
    return ConfigProvider.getConfig().getValues("hatoba.outbound.allowed-ports", Integer.class);
  }

  static Map<String, String> settings() {
    try {
      List<Integer> ports = freePorts();
      return Map.ofEntries(
          Map.entry("hatoba.data", Files.createTempDirectory("hatoba-test").toString()),
          Map.entry("hatoba.admin-password", ADMIN_PASSWORD),
          Map.entry("hatoba.bootstrap.access-key", ADMIN_KEY + ":" + ADMIN_SECRET),
          Map.entry("hatoba.api.rate-limit", "0"),
          Map.entry("hatoba.outbound.allowed-networks", "127.0.0.0/8"),
          Map.entry(
              "hatoba.outbound.allowed-ports",
              ports.stream().map(String::valueOf).collect(Collectors.joining(","))),
          Map.entry("hatoba.oidc.issuer", "http://127.0.0.1:" + ports.getLast()),
          Map.entry("hatoba.oidc.client-id", "hatoba-test"),
          Map.entry("hatoba.oidc.client-secret", "a client's secret: 100% &+"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Integer> freePorts() throws IOException {
    try (ServerSocket one = new ServerSocket(0);
        ServerSocket other = new ServerSocket(0);
        ServerSocket third = new ServerSocket(0)) {
      return List.of(one.getLocalPort(), other.getLocalPort(), third.getLocalPort());
    }
  }
}
