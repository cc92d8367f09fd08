package io.hatoba.server.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.auth.AuthNode;
import io.hatoba.server.auth.SettableClock;
import io.hatoba.server.auth.TestAuthConfig;
import io.hatoba.server.auth.TestDatabaseKind;
import io.hatoba.server.pattern.NamePattern;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.registry.Registry;
import io.hatoba.server.rest.Requester;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Roles and grants on both databases, where the API would be in the way. */
@ParameterizedClass
@EnumSource(TestDatabaseKind.class)
class GrantRulesTest {
  @TempDir Path folder;
  private final SettableClock clock = new SettableClock();
  private final TestDatabaseKind kind;
  private AuthNode node;
  private AuthNode.Login admin;

  GrantRulesTest(TestDatabaseKind kind) {
    this.kind = kind;
  }

  @BeforeEach
  void open() {
    node = new AuthNode(kind.open(folder), clock, TestAuthConfig.DEFAULTS);
    admin = node.login("admin", Role.SERVICE_ADMIN, Optional.empty());
  }

  @AfterEach
  void close() {
    node.close();
  }

  @Test
  void theLastAccountThatCanGiveRolesKeepsItsRole() {
    long first = idOf("account:admin", "service-admin");
    node.grants.give("group:root", Role.PROJECT_ADMIN, Optional.empty());
    node.grants.give("account:admin", Role.SERVICE_VIEWER, Optional.empty());

    assertThat(code(() -> node.grants.take(caller(), first))).isEqualTo(ErrorCode.CONFLICT);
    assertThat(node.grants.find(first)).isPresent();

    AuthNode.Login other = node.login("other", Role.PROJECT_ADMIN, Optional.empty());
    node.accounts.setEnabled("other", false);
    assertThat(code(() -> node.grants.take(caller(), first))).isEqualTo(ErrorCode.CONFLICT);

    node.accounts.setEnabled("other", true);
    node.grants.take(caller(), first);
    assertThat(node.grants.find(first)).isEmpty();
    Requester last = node.authenticator.authenticate(other.basic(), "192.0.2.7");
    long second = idOf("account:other", "project-admin");
    assertThat(code(() -> node.grants.take(last, second))).isEqualTo(ErrorCode.CONFLICT);
  }

  @Test
  void ofTwoAdministratorsWhoTakeEachOthersRoleOneStays() throws Exception {
    AuthNode.Login other = node.login("other", Role.SERVICE_ADMIN, Optional.empty());
    Requester one = caller();
    Requester two = node.authenticator.authenticate(other.basic(), "192.0.2.7");
    long oneId = idOf("account:admin", "service-admin");
    long twoId = idOf("account:other", "service-admin");
    List<Future<Boolean>> takes = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      takes.add(threads.submit(() -> tookAway(one, twoId)));
      takes.add(threads.submit(() -> tookAway(two, oneId)));
    }

    assertThat(takes.get(0).get()).isNotEqualTo(takes.get(1).get());
    assertThat(node.grants.find(oneId).isPresent())
        .isNotEqualTo(node.grants.find(twoId).isPresent());
  }

  @Test
  void rolesOfGroupsCountAsOnesOwn() {
    Registry team = node.registry("team", false);
    node.login("kim", Role.IMAGE_UPLOADER, Optional.of(team));
    node.grants.give("group:dev", Role.SERVICE_VIEWER, Optional.of(team.id()));
    node.grants.give("group:ops", Role.PROJECT_ADMIN, Optional.empty());
    join("kim", "dev");

    Grant.In in = new Grant.In(team.id(), "team");
    assertThat(node.standings.rightsOf("account:kim").grants())
        .containsExactlyInAnyOrder(
            new Grant(Role.IMAGE_UPLOADER, Optional.of(in)),
            new Grant(Role.SERVICE_VIEWER, Optional.of(in), Optional.of("dev")));
    assertThat(node.standings.rightsOf("group:dev").grants())
        .containsExactly(new Grant(Role.SERVICE_VIEWER, Optional.of(in)));
    assertThat(node.standings.rightsOf("account:nobody").grants()).isEmpty();
  }

  @Test
  void aRoleOfOnesOwnIsReadAsItWasMade() {
    Role made =
        new Role(
            "ci",
            "Pushes",
            Set.of(Permission.ARTIFACT_PUSH, Permission.IMAGE_READ),
            List.of(NamePattern.parse("ci/**"), NamePattern.parse("{a,b}")));
    node.roles.create(caller(), made);
    node.grants.give("group:dev", made, Optional.empty());

    assertThat(node.roles.find("ci")).contains(made);
    assertThat(node.standings.rightsOf("group:dev").grants())
        .containsExactly(Grant.everywhere(made));
    assertThat(made.permissions()).containsExactly(Permission.IMAGE_READ, Permission.ARTIFACT_PUSH);
    assertThat(made.isFor("ci/app")).isTrue();
    assertThat(made.isFor("c")).isFalse();
  }

  @Test
  void allRolesOfAPrincipalGoWithIt() {
    node.login("kim", Role.SERVICE_VIEWER, Optional.empty());
    node.version.change(
        handle -> {
          Grants.takeAll(handle, "account:kim");
          return 0;
        });

    assertThat(node.standings.rightsOf("account:kim").grants()).isEmpty();
    assertThat(node.standings.rightsOf("account:admin").grants()).isNotEmpty();
  }

  @Test
  void aGrantInARegistryThatIsGoneIsNotShownAndCountsForNothing() {
    node.grants.give("group:dev", Role.SERVICE_VIEWER, Optional.of(4711L));

    assertThat(node.grants.page(all("group:dev"), 0, 10)).isEmpty();
    assertThat(node.standings.rightsOf("group:dev").grants()).isEmpty();
  }

  @Test
  void everyListIsOneSearchInAnIndex() {
    Plans plans = new Plans(node.database);

    plans.assertIndexed(
        Grants.page(new Grants.Filter(Optional.empty(), Optional.empty())), "after", 0, "limit", 9);
    plans.assertIndexed(
        Grants.page(all("group:dev")), "principal", "group:dev", "after", 0, "limit", 9);
    plans.assertIndexed(
        Grants.page(new Grants.Filter(Optional.empty(), Optional.of(1L))),
        "registry",
        1,
        "after",
        0,
        "limit",
        9);
    plans.assertIndexed(
        Grants.page(new Grants.Filter(Optional.of("group:dev"), Optional.of(1L))),
        "principal",
        "group:dev",
        "registry",
        1,
        "after",
        0,
        "limit",
        9);
    plans.assertIndexed(Roles.LIST, "limit", 9);
    plans.assertIndexed(Roles.GRANTED, "role", "ci");
  }

  private Requester caller() {
    return node.authenticator.authenticate(admin.basic(), "192.0.2.7");
  }

  private boolean tookAway(Requester who, long id) {
    try {
      node.grants.take(who, id);
      return true;
    } catch (RefusedException e) {
      assertThat(e.refusal().code()).isEqualTo(ErrorCode.CONFLICT);
      return false;
    }
  }

  private void join(String account, String group) {
    node.version.change(
        handle ->
            handle
                .createUpdate(
                    """
                    INSERT INTO account_group (account_id, name)
                    SELECT id, :group
                    FROM account
                    WHERE name = :account
                    """)
                .bind("account", account)
                .bind("group", group)
                .execute());
  }

  private long idOf(String principal, String role) {
    return node.grants.page(all(principal), 0, 100).stream()
        .filter(given -> given.role().equals(role))
        .findFirst()
        .orElseThrow()
        .id();
  }

  private static Grants.Filter all(String principal) {
    return new Grants.Filter(Optional.of(principal), Optional.empty());
  }

  private static ErrorCode code(Runnable work) {
    return catchThrowableOfType(RefusedException.class, work::run).refusal().code();
  }
}
