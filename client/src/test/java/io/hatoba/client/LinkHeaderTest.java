package io.hatoba.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class LinkHeaderTest {
  @Test
  void theNextPageIsFoundWhateverElseIsThere() {
    for (String header :
        List.of(
            "</v2/x?n=1>; rel=\"next\"",
            "</v2/x?n=1>;rel=next",
            "</other>; rel=\"prev\", </v2/x?n=1>; REL=\"last NEXT\"",
            "</other>; title=\"a, <b>; rel=next\"; rel=prev, </v2/x?n=1>; rel=next")) {
      assertThat(LinkHeader.next(List.of(header))).as(header).contains("/v2/x?n=1");
    }
    assertThat(LinkHeader.next(List.of("</a>; rel=prev", "</v2/x?n=1>; rel=next")))
        .contains("/v2/x?n=1");
  }

  @Test
  void whatNamesNoNextPageNamesNone() {
    for (String header :
        List.of("", "<", "<>", "</a>", "</a>; rel=prev", "</a; rel=next", "</a>; rel=nextish")) {
      assertThat(LinkHeader.next(List.of(header))).as(header).isEmpty();
    }
  }
}
