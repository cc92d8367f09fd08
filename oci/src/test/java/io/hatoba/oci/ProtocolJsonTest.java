package io.hatoba.oci;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProtocolJsonTest {
  @Test
  void anErrorHasCodeMessageAndDetail() {
    assertThat(
            text(
                ProtocolJson.error(
                    Refusal.unknown(ErrorCode.NAME_UNKNOWN, "no registry \"x\"", "x/y"))))
        .isEqualTo(
            "{\"errors\":[{\"code\":\"NAME_UNKNOWN\",\"message\":\"no registry \\\"x\\\"\",\"detail\":\"x/y\"}]}");
  }

  @Test
  void withoutADetailTheFieldIsNotThere() {
    assertThat(text(ProtocolJson.error(new Refusal.Denied("no", ""))))
        .isEqualTo("{\"errors\":[{\"code\":\"DENIED\",\"message\":\"no\"}]}");
  }

  @Test
  void whateverTextAClientSentTheAnswerIsJsonInUtf8() {
    assertThat(text(ProtocolJson.error(new Refusal.Denied("\u0000\r\n\u001f\\/é🕊", "\ud800x"))))
        .isEqualTo(
            "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"\\u0000\\r\\n\\u001F\\\\/é🕊\",\"detail\":\"?x\"}]}");
  }

  @Test
  void tagsKeepTheirOrderAndNoneIsAnEmptyList() {
    RepositoryName repository = RepositoryName.parse("team/app");

    assertThat(text(ProtocolJson.tags(repository, List.of(new Tag("b"), new Tag("a")))))
        .isEqualTo("{\"name\":\"team/app\",\"tags\":[\"b\",\"a\"]}");
    assertThat(text(ProtocolJson.tags(repository, List.of())))
        .isEqualTo("{\"name\":\"team/app\",\"tags\":[]}");
  }

  @Test
  void theCatalogKeepsItsOrderAndNoneIsAnEmptyList() {
    assertThat(
            text(
                ProtocolJson.catalog(
                    List.of(RepositoryName.parse("b/a"), RepositoryName.parse("a")))))
        .isEqualTo("{\"repositories\":[\"b/a\",\"a\"]}");
    assertThat(text(ProtocolJson.catalog(List.of()))).isEqualTo("{\"repositories\":[]}");
  }

  private static String text(byte[] json) {
    return new String(json, StandardCharsets.UTF_8);
  }
}
