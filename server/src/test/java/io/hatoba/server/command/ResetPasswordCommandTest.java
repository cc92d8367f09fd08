package io.hatoba.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.server.account.Account;
import io.hatoba.server.account.Session;
import io.hatoba.server.auth.AuthNode;
import io.hatoba.server.auth.SettableClock;
import io.hatoba.server.auth.TestAuthConfig;
import io.hatoba.server.database.TestDatabases;
import io.hatoba.server.startup.DataFolder;
import io.hatoba.server.startup.Secret;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The password of an account, lost and made anew from the command line. */
class ResetPasswordCommandTest {
  private static final Session.From BROWSER = new Session.From("192.0.2.1", "a browser");

  @TempDir Path dir;

  @Test
  void onSqliteANewPasswordIsPrintedOnce() throws Exception {
    Secret session;
    try (AuthNode node = sqlite()) {
      Account kim = node.accounts.create("kim", Optional.of(new Secret("forgotten one")));
      session = node.sessions.open(kim.id(), BROWSER).secret();
      node.accounts.setEnabled("kim", false);
    }

    Ran ran = run(Map.of(), "", "kim", "--data", dir.toString()).ends(ExitCode.OK);

    Matcher printed = Pattern.compile("\n {2}([A-Za-z0-9_-]{32})\n").matcher(ran.out());
    assertThat(printed.find()).isTrue();
    assertThat(ran.out()).contains("It was disabled and may sign in again");
    try (AuthNode node = sqlite()) {
      assertThat(node.accounts.checkPassword("kim", new Secret(printed.group(1)))).isPresent();
      assertThat(node.sessionCallers.find(session, BROWSER)).isEmpty();
    }
  }

  @Test
  void thePasswordIsPartOfTheJson() throws Exception {
    try (AuthNode node = sqlite()) {
      node.accounts.create("kim", Optional.empty());
    }

    Ran ran = run(Map.of(), "", "kim", "--json", "--data", dir.toString()).ends(ExitCode.OK);

    assertThat(ran.json().get("account").asText()).isEqualTo("kim");
    assertThat(ran.json().get("enabledAgain").asBoolean()).isFalse();
    try (AuthNode node = sqlite()) {
      Secret password = new Secret(ran.json().get("password").asText());
      assertThat(node.accounts.checkPassword("kim", password)).isPresent();
    }
  }

  @Test
  void theOldSpellingStillWorks() throws Exception {
    try (AuthNode node = sqlite()) {
      node.accounts.create("kim", Optional.empty());
    }

    Ran.command("reset-password", "kim", "--data", dir.toString()).ends(ExitCode.OK);

    assertThat(Ran.command("help").out()).doesNotContain("reset-password");
  }

  @Test
  void aRunningServerKeepsItsFolder() throws Exception {
    try (AuthNode node = sqlite()) {
      node.accounts.create("kim", Optional.empty());
    }
    try (DataFolder running = DataFolder.open(dir)) {
      Ran ran = run(Map.of(), "", "kim", "--data", running.path().toString());

      assertThat(ran.ends(ExitCode.FAILED).err())
          .contains("is in use by")
          .contains("Stop that server first");
    }
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

      Ran ran =
          run(
              Map.of("HATOBA_DATABASE_URL", url, "HATOBA_DATA", running.path().toString()),
              "three green kimonos\n",
              "kim",
              "--password-from",
              "-");

      assertThat(ran.ends(ExitCode.OK).out()).contains("was changed").doesNotContain("kimonos");
      assertThat(node.sessionCallers.find(session, BROWSER)).isEmpty();
      assertThat(node.accounts.checkPassword("kim", new Secret("three green kimonos"))).isPresent();
    }
  }

  @Test
  void whatIsWrongIsSaidInASentence() throws Exception {
    String none = dir.resolve("none").toString();
    assertThat(run(Map.of(), "", "kim", "--data", none).ends(ExitCode.FAILED).err())
        .contains("There is no database in");
    assertThat(Path.of(none)).doesNotExist();
    try (AuthNode node = sqlite()) {
      node.accounts.create("kim", Optional.empty());
    }

    assertThat(run(Map.of(), "", "lee", "--data", dir.toString()).ends(ExitCode.FAILED).err())
        .contains("there is no account with this name");
    String file = Files.writeString(dir.resolve("secret"), "password123\n").toString();
    assertThat(
            run(Map.of(), "", "kim", "--password-from", file, "--data", dir.toString())
                .ends(ExitCode.FAILED)
                .err())
        .contains("tried first")
        .doesNotContain("password123");
    assertThat(run(Map.of(), "").ends(ExitCode.USAGE).err()).contains("ACCOUNT");
    assertThat(run(Map.of(), "", "kim", "--dta", "x").ends(ExitCode.USAGE).err())
        .contains("Did you mean --data?");
  }

  private AuthNode sqlite() {
    return new AuthNode(TestDatabases.sqlite(dir), new SettableClock(), TestAuthConfig.DEFAULTS);
  }

  private Ran run(Map<String, String> environment, String input, String... arguments) {
    List<String> all = new ArrayList<>(List.of("account", "reset-password"));
    all.addAll(List.of(arguments));
    return Ran.command(environment, input, all);
  }
}
