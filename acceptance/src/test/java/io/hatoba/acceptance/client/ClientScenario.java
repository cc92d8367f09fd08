package io.hatoba.acceptance.client;

import io.hatoba.acceptance.AccessKey;
import io.hatoba.acceptance.RegistryHttp;
import io.hatoba.acceptance.RegistryServer;
import io.hatoba.acceptance.Terminal;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * One server for all scenarios of a client. Each scenario uses repositories and a home folder of
 * its own.
 */
@Tag("acceptance")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ClientScenario {

  static final AccessKey KEY = RegistryServer.KEY;
  static final AccessKey WRONG = new AccessKey(KEY.id(), "not-the-secret");

  /**
   * What tells a user that a registry does not exist; the text is the server's, its name is the
   * user's.
   */
  static final String ABSENT_REGISTRY = "nowhere";

  /** What a user must read when they push there: the name, and what is wrong with it. */
  static final String ABSENT_REGISTRY_MESSAGE = "registry .?nowhere.? does not exist";

  private Path folder;
  private RegistryServer server;
  private RegistryHttp http;
  private int homes;

  @BeforeAll
  void startServer(@TempDir Path all) {
    folder = all;
    server = RegistryServer.startedOn(folder.resolve("data"));
    http = new RegistryHttp(server);
  }

  @AfterAll
  void stopServer() {
    http.close();
    server.close();
  }

  RegistryServer server() {
    return server;
  }

  /** Plain requests to the same server, to compare what a client left there. */
  RegistryHttp http() {
    return http;
  }

  /** A full image name in the registry that exists. */
  String image(String rest) {
    return server.address() + "/" + RegistryServer.REGISTRY + "/" + rest;
  }

  /** A shell of a user who has never used the client before. */
  Terminal newTerminal() {
    homes++;
    Path home = folder.resolve("home" + homes);
    return new Terminal(home).with("DOCKER_CONFIG", home.resolve(".docker").toString());
  }
}
