package io.hatoba.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.server.account.Account;
import io.hatoba.server.account.Session;
import io.hatoba.server.auth.AuthNode;
import io.hatoba.server.auth.SettableClock;
import io.hatoba.server.auth.TestAuthConfig;
import io.hatoba.server.database.TestDatabases;
import io.hatoba.server.startup.DataFolder;
import io.hatoba.server.startup.Secret;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The password of an account, lost and made anew from the command line. */
class ResetPasswordTest {
  private static final Session.From BROWSER = new Session.From("192.0.2.1", "a browser");

  @TempDir Path dir;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void onSqliteANewPasswordIsPrintedOnce() throws Exception {
    Secret session;
    try (AuthNode node = sqlite()) {
      Account kim = node.accounts.create("kim", Optional.of(new Secret("forgotten one")));
      session = node.sessions.open(kim.id(), BROWSER).secret();
      node.accounts.setEnabled("kim", false);
    }

    assertThat(run(Map.of(), "", "kim", "--data", dir.toString())).isZero();

    Matcher printed = Pattern.compile("\n {2}([A-Za-z0-9_-]{32})\n").matcher(text(out));
    assertThat(printed.find()).isTrue();
    assertThat(text(out)).contains("It was disabled and may sign in again");
    try (AuthNode node = sqlite()) {
      assertThat(node.accounts.checkPassword("kim", new Secret(printed.group(1)))).isPresent();
      assertThat(node.sessionCallers.find(session, BROWSER)).isEmpty();
    }
  }

  @Test
  void aRunningServerKeepsItsFolder() throws Exception {
    try (AuthNode node = sqlite()) {
      node.accounts.create("kim", Optional.empty());
    }
    try (DataFolder running = DataFolder.open(dir)) {
      assertThat(run(Map.of(), "", "kim", "--data", running.path().toString())).isOne();
    }

    assertThat(text(err)).contains("is in use by").contains("Stop that server first");
  }

  @Test
  void onPostgresTheServerMayRun() throws Exception {
    String url = TestDatabases.newPostgresUrl();
    try (AuthNode node =
            new AuthNode(
                TestDatabases.postgres(url), new SettableClock(), TestAuthConfig.DEFAULTS);
        DataFolder running = DataFolder.open(dir)) {
      Account kim = node.accounts.create("kim", Optional.of(new Secret("forgotten one")));
      Secret session = node.sessions.open(kim.id(), BROWSER).secret();
      assertThat(node.sessionCallers.find(session, BROWSER)).isPresent();

      assertThat(
              run(
                  Map.of("HATOBA_DATABASE_URL", url, "HATOBA_DATA", running.path().toString()),
                  "three green kimonos\n",
                  "kim",
                  "--password-from",
                  "-"))
          .isZero();

      assertThat(node.sessionCallers.find(session, BROWSER)).isEmpty();
      assertThat(node.accounts.checkPassword("kim", new Secret("three green kimonos"))).isPresent();
    }
    assertThat(text(out)).contains("was changed").doesNotContain("kimonos");
  }

  @Test
  void whatIsWrongIsSaidInASentence() throws Exception {
    assertThat(run(Map.of(), "", "kim", "--data", dir.resolve("none").toString())).isOne();
    assertThat(text(err)).contains("There is no database in");
    assertThat(dir.resolve("none")).doesNotExist();
    try (AuthNode node = sqlite()) {
      node.accounts.create("kim", Optional.empty());
    }

    assertThat(run(Map.of(), "", "lee", "--data", dir.toString())).isOne();
    assertThat(text(err)).contains("there is no account with this name");
    Path file = Files.writeString(dir.resolve("secret"), "password123\n");
    assertThat(
            run(Map.of(), "", "kim", "--password-from", file.toString(), "--data", dir.toString()))
        .isOne();
    assertThat(text(err)).contains("tried first").doesNotContain("password123");
    assertThat(run(Map.of(), "")).isOne();
    assertThat(text(err)).contains("reset-password ACCOUNT");
    assertThat(run(Map.of(), "", "kim", "--dta", "x")).isOne();
    assertThat(text(err)).contains("Did you mean --data?");
  }

  private AuthNode sqlite() {
    return new AuthNode(TestDatabases.sqlite(dir), new SettableClock(), TestAuthConfig.DEFAULTS);
  }

  private int run(Map<String, String> environment, String input, String... arguments) {
    return new ResetPassword(
            new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8))
        .run(List.of(arguments), environment, new Properties());
  }

  private static String text(ByteArrayOutputStream stream) {
    return stream.toString(StandardCharsets.UTF_8);
  }
}
