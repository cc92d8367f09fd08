package io.hatoba.server.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.server.content.Actor;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AuditExportsTest {
  @ParameterizedTest
  @ValueSource(strings = {"=1+1", "+1", "-1", "@SUM(A1)", "|calc", "%x"})
  void aFormulaIsNoneInASpreadsheet(String text) {
    assertThat(AuditExports.cell(text)).isEqualTo("'" + text);
  }

  @Test
  void cellsAreQuotedWhereTheyMustBe() {
    assertThat(AuditExports.cell("plain")).isEqualTo("plain");
    assertThat(AuditExports.cell("")).isEmpty();
    assertThat(AuditExports.cell("a,b")).isEqualTo("\"a,b\"");
    assertThat(AuditExports.cell("a\"b")).isEqualTo("\"a\"\"b\"");
    assertThat(AuditExports.cell("a\r\nb")).isEqualTo("\"a\r\nb\"");
    assertThat(AuditExports.cell("\t=1")).isEqualTo("'\t=1");
    assertThat(AuditExports.cell("=1,\"x\"")).isEqualTo("\"'=1,\"\"x\"\"\"");
  }

  @Test
  void whatIsTooLongIsCut() {
    AuditRow row =
        new AuditRow(
            1,
            Instant.EPOCH,
            new Actor("x".repeat(300), "", ""),
            "a",
            "",
            "\0" + "😀".repeat(300),
            AuditRow.Result.FAILED,
            "",
            Map.of("k", "v".repeat(1000)));

    assertThat(row.actor().principal()).hasSize(256).endsWith("x…");
    assertThat(row.target()).hasSizeLessThanOrEqualTo(512).startsWith("\uFFFD😀").endsWith("😀…");
    assertThat(row.detail().get("k")).hasSize(256);
  }
}
