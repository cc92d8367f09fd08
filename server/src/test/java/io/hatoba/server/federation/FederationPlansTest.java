package io.hatoba.server.federation;

import io.hatoba.server.account.Plans;
import io.hatoba.server.auth.TestDatabaseKind;
import io.hatoba.server.database.Database;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FederationPlansTest {
  @TempDir Path dir;

  @ParameterizedTest
  @EnumSource
  void everyListIsReadByAnIndex(TestDatabaseKind kind) {
    try (Database database = kind.open(dir)) {
      Plans plans = new Plans(database);
      plans.assertIndexed(TrustedIssuers.PAGE, "after", "", "limit", 10);
      plans.assertIndexed(TrustedIssuers.BY_ISSUER, "issuer", "x");
      plans.assertIndexed(Exchange.EXPIRED, "before", 1L, "limit", 10);
    }
  }
}
