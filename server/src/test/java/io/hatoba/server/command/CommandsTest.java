package io.hatoba.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.hatoba.server.TestProgram;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

class CommandsTest {
  private static final Path REFERENCE = Path.of("../docs/reference/command.md");

  @TempDir Path dir;

  @Test
  void theReferenceSaysWhatTheHelpSays() throws IOException {
    String fresh = reference();
    Path copy = Path.of("target/command.md");
    Files.createDirectories(Path.of("target"));
    Files.writeString(copy, fresh);
    assertThat(Files.readAllLines(REFERENCE))
        .as("docs/reference/command.md is stale: copy server/%s over it", copy)
        .containsExactlyElementsOf(fresh.lines().toList());
  }

  @Test
  void everyCommandShowsItsHelp() {
    for (CommandLine line : Commands.all(line())) {
      if (line.getCommand() instanceof CommandLine.HelpCommand) {
        continue; // it begins in its own way
      }
      List<String> words =
          List.of((line.getCommandSpec().qualifiedName() + " --help").split(" ")).stream()
              .skip(1)
              .toList();
      Ran ran = Ran.command(words.toArray(String[]::new)).ends(ExitCode.OK);
      assertThat(ran.out()).startsWith("Usage: " + line.getCommandSpec().qualifiedName());
      assertThat(ran.err()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "bakup x | 'bakup' is not a command. Did you mean backup?",
        "account | A command must follow: reset-password.",
        "backup | Missing required parameter: 'DIR'.",
        "backup x y | 'y' is one word too many.",
        "backup x --keep 0 | --keep must be 1 or more.",
        "backup x --keep many | Invalid value for option '--keep'",
        "backup x --dta y | '--dta' is not an option. Did you mean --data?",
        "backup x --data | Missing required parameter for option '--data'",
        "backup release | Missing required parameter: 'ID'.",
        "backup release x | Invalid value for positional parameter",
        "verify | Give either the folder of a backup or --live.",
        "verify x --live | Give either the folder of a backup or --live.",
        "verify x --objects y | --objects goes with --live.",
        "restore | Missing required parameter: 'DIR'.",
        "restore x --port seven | hatoba.port is 'seven' in the flag --port.",
        "restore x --admin-password y | would show a secret to everyone",
      })
  void aWrongArgumentIsSaidInASentence(String arguments, String sentence) {
    Ran ran = Ran.command(arguments.split(" ")).ends(ExitCode.USAGE);

    assertThat(ran.err()).startsWith("hatoba: ").contains(sentence).doesNotContain("\tat ");
    assertThat(ran.out()).isEmpty();
  }

  @Test
  void aFailureIsASentenceAndWithJsonADocumentToo() {
    String nowhere = dir.resolve("none").toString();

    Ran ran = Ran.command("verify", nowhere, "--json").ends(ExitCode.FAILED);

    assertThat(ran.err()).startsWith("hatoba: There is no backup in " + nowhere);
    assertThat(ran.json().get("error").asText()).startsWith("There is no backup in " + nowhere);
  }

  @Test
  void theVersionSaysProgramSchemaAndJava() {
    JsonNode version = Ran.command("version", "--json").ends(ExitCode.OK).json();

    assertThat(version.get("version").asText()).isEqualTo("1.2.3");
    assertThat(version.get("commit").asText()).isEqualTo("0123abc");
    assertThat(version.get("schema").asInt()).isGreaterThanOrEqualTo(14);
    assertThat(version.get("java").asText()).isEqualTo(Runtime.version().toString());
    assertThat(Ran.command("version").ends(ExitCode.OK).out()).startsWith("hatoba  1.2.3\n");
  }

  @Test
  void settingsAreShownWithWhereTheyComeFrom() throws IOException {
    Path file = Files.writeString(dir.resolve("hatoba.properties"), "hatoba.host=127.0.0.1\n");
    Map<String, String> environment =
        Map.of(
            "HATOBA_PORT",
            "5001",
            "HATOBA_ADMIN_PASSWORD",
            "three green kimonos",
            "HATOBA_DATABASE_URL",
            "jdbc:postgresql://db/hatoba?user=kim&password=hunter2");

    Ran ran =
        Ran.command(
            environment,
            "",
            List.of("settings", "check", "--json", "--data=x", "--config", file.toString()));

    Map<String, String> shown = new TreeMap<>();
    ran.ends(ExitCode.OK)
        .json()
        .get("settings")
        .forEach(
            setting ->
                shown.put(
                    setting.get("key").asText(),
                    setting.path("value").asText() + " < " + setting.get("from").asText()));
    assertThat(shown)
        .containsEntry("hatoba.port", "5001 < the environment variable HATOBA_PORT")
        .containsEntry("hatoba.host", "127.0.0.1 < the file " + file)
        .containsEntry("hatoba.data", "x < the flag --data")
        .containsEntry("hatoba.stop-timeout", "30s < default")
        .containsEntry(
            "hatoba.admin-password", "*** < the environment variable HATOBA_ADMIN_PASSWORD");
    assertThat(ran.out()).doesNotContain("kimonos").doesNotContain("hunter2");
    assertThat(ran.json().get("problems")).isEmpty();
  }

  @Test
  void everyWrongSettingIsSaid() {
    Ran values =
        Ran.command(Map.of("HATOBA_PORT", "x", "HATOBA_PRT", "1"), "", List.of("settings", "check"))
            .ends(ExitCode.FOUND);
    assertThat(values.out()).contains("hatoba.port is 'x'").contains("Did you mean HATOBA_PORT?");

    Ran features =
        Ran.command(
                Map.of(
                    "HATOBA_DATABASE_URL", "mysql://db",
                    "HATOBA_ENDPOINT_TRUSTED_PROXIES", "somewhere",
                    "HATOBA_OUTBOUND_ALLOWED_NETWORKS", "somewhere",
                    "HATOBA_OIDC_ISSUER", "https://login.example.com",
                    "HATOBA_ADMIN_PASSWORD", "x"),
                "",
                List.of("settings", "check"))
            .ends(ExitCode.FOUND);
    assertThat(features.out())
        .contains("WRONG hatoba.database.url")
        .contains("WRONG hatoba.endpoint.trusted-proxies")
        .contains("WRONG hatoba.outbound.allowed-networks")
        .contains("WRONG hatoba.oidc.client-id")
        .contains("WRONG The password of the first account");
  }

  @Test
  void onlyWordsAreCommands() {
    assertThat(Commands.isCommand(List.of())).isFalse();
    assertThat(Commands.isCommand(List.of("--port", "5001"))).isFalse();
    assertThat(Commands.isCommand(List.of("backup"))).isTrue();
  }

  private static CommandLine line() {
    PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
    return Commands.line(
        TestProgram.with(
            Map.of(), new Program.Streams(InputStream.nullInputStream(), nowhere, nowhere)));
  }

  private static String reference() {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        # The command hatoba

        What an operator does beside the running server. `script/hatoba COMMAND` runs it from a checkout; it is the program of the
        server, so `java -jar quarkus-run.jar COMMAND` is the same. This page is what `--help` says.

        Settings come from the same places as those of the server, and any flag of [the settings](configuration.md) may follow a command.
        With `--json`, standard output is one JSON document, of a failure `{"error": "…"}`. Text is for people and may change.

        | exit code | |
        |---|---|
        """);
    for (ExitCode exit : ExitCode.values()) {
      text.append("| %d | %s |%n".formatted(exit.code(), exit.meaning()));
    }
    for (CommandLine line : Commands.all(line())) {
      if (line.getCommand() instanceof Command) {
        text.append(
            "%n## %s%n%n```text%n%s```%n"
                .formatted(line.getCommandSpec().qualifiedName(), line.getUsageMessage(Ansi.OFF)));
      }
    }
    return text.toString();
  }
}
