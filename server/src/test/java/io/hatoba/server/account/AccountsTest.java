package io.hatoba.server.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.auth.AuthNode;
import io.hatoba.server.auth.SettableClock;
import io.hatoba.server.auth.TestAuthConfig;
import io.hatoba.server.auth.TestDatabaseKind;
import io.hatoba.server.content.Actor;
import io.hatoba.server.startup.Secret;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Accounts, their keys and roles, on both databases. */
@ParameterizedClass
@EnumSource(TestDatabaseKind.class)
class AccountsTest {
  private static final Actor BY = new Actor("account:admin", "", "192.0.2.1");

  @TempDir Path dir;

  private final TestDatabaseKind kind;
  private final SettableClock clock = new SettableClock();
  private AuthNode node;

  AccountsTest(TestDatabaseKind kind) {
    this.kind = kind;
  }

  @BeforeEach
  void open() {
    node = new AuthNode(kind.open(dir), clock, TestAuthConfig.DEFAULTS);
  }

  @AfterEach
  void close() {
    node.close();
  }

  @Test
  void anAccountIsFoundByItsName() {
    Account kim = node.accounts.create("kim", Optional.empty());

    assertThat(node.accounts.find("kim")).contains(kim);
    assertThat(node.accounts.find("Kim")).isEmpty();
    assertThat(kim.principal()).isEqualTo("account:kim");
    assertThat(kim.createdAt()).isEqualTo(clock.instant());
  }

  @Test
  void aNameIsTakenOnce() {
    node.accounts.create("kim", Optional.empty());

    assertThat(code(() -> node.accounts.create("kim", Optional.empty())))
        .isEqualTo(ErrorCode.CONFLICT);
    assertThat(code(() -> node.accounts.create("Kim Lee", Optional.empty())))
        .isEqualTo(ErrorCode.NAME_INVALID);
  }

  @Test
  void accountsComeInPagesInEveryOrder() {
    for (String name : List.of("b", "a", "c", "a-1")) {
      node.accounts.create(name, Optional.empty());
      clock.advance(Duration.ofSeconds(1));
    }
    node.accounts.create("robot$a-2", Optional.empty());
    node.sessions.open(
        node.accounts.find("a").orElseThrow().id(), new Session.From("192.0.2.1", ""));

    assertThat(names(AccountPages.Sort.NAME)).containsExactly("a", "a-1", "b", "c");
    assertThat(names(AccountPages.Sort.NAME_DESCENDING)).containsExactly("c", "b", "a-1", "a");
    assertThat(names(AccountPages.Sort.CREATED)).containsExactly("b", "a", "c", "a-1");
    assertThat(names(AccountPages.Sort.CREATED_DESCENDING)).containsExactly("a-1", "c", "a", "b");
    assertThat(names(AccountPages.Sort.SIGNED_IN)).containsExactly("a-1", "b", "c", "a");
    assertThat(names(AccountPages.Sort.SIGNED_IN_DESCENDING)).containsExactly("a", "c", "b", "a-1");
  }

  /** Page by page, two at a time. */
  private List<String> names(AccountPages.Sort sort) {
    var filter = new AccountPages.Filter(false, Optional.empty(), Optional.empty(), sort);
    List<String> names = new ArrayList<>();
    Optional<List<String>> after = Optional.empty();
    List<Account> page;
    do {
      page = node.accountPages.page(filter, after, 2);
      page.forEach(account -> names.add(account.name()));
      after = page.isEmpty() ? after : Optional.of(sort.key(page.getLast()));
    } while (!page.isEmpty());
    return names;
  }

  @Test
  void listsAreFilteredByNameAndState() {
    for (String name : List.of("kim", "kim_lee", "akira", "robot$kim")) {
      node.accounts.create(name, Optional.empty());
    }
    node.accounts.setEnabled("akira", false);

    assertThat(filtered(false, Optional.of("KI"), Optional.empty()))
        .containsExactly("akira", "kim", "kim_lee");
    assertThat(filtered(false, Optional.of("m_"), Optional.empty())).containsExactly("kim_lee");
    assertThat(filtered(false, Optional.of("%"), Optional.empty())).isEmpty();
    assertThat(filtered(false, Optional.empty(), Optional.of(false))).containsExactly("akira");
    assertThat(filtered(false, Optional.of("ki"), Optional.of(true)))
        .containsExactly("kim", "kim_lee");
    assertThat(filtered(true, Optional.of("kim"), Optional.empty())).containsExactly("robot$kim");
    assertThat(filtered(true, Optional.of("bot"), Optional.empty())).isEmpty();
  }

  private List<String> filtered(boolean robots, Optional<String> part, Optional<Boolean> enabled) {
    var filter = new AccountPages.Filter(robots, part, enabled, AccountPages.Sort.NAME);
    return node.accountPages.page(filter, Optional.empty(), 10).stream()
        .map(Account::name)
        .toList();
  }

  @Test
  void aPasswordOpensItsAccountAndNoOther() {
    node.accounts.create("kim", Optional.of(new Secret("correct horse")));
    node.accounts.create("lee", Optional.empty());

    assertThat(node.accounts.checkPassword("kim", new Secret("correct horse")))
        .map(Account::name)
        .contains("kim");
    assertThat(node.accounts.checkPassword("kim", new Secret("wrong horse"))).isEmpty();
    assertThat(node.accounts.checkPassword("lee", new Secret("correct horse"))).isEmpty();
    assertThat(node.accounts.checkPassword("max", new Secret("correct horse"))).isEmpty();
    node.accounts.setEnabled("kim", false);
    assertThat(node.accounts.checkPassword("kim", new Secret("correct horse"))).isEmpty();
  }

  @Test
  void passwordsRestAsArgon2idWithASaltEach() {
    node.accounts.create("kim", Optional.of(new Secret("correct horse")));
    node.accounts.create("lee", Optional.of(new Secret("correct horse")));

    List<String> hashes =
        node.database.read(
            handle ->
                handle
                    .createQuery("SELECT password_hash FROM account ORDER BY name")
                    .mapTo(String.class)
                    .list());

    assertThat(hashes).allMatch(hash -> hash.startsWith("$argon2id$v=19$m=19456,t=2,p=1$"));
    assertThat(hashes.get(0)).isNotEqualTo(hashes.get(1));
  }

  @Test
  void aKeyIsShownWithoutItsSecretAndRestsAsAHash() {
    Account kim = node.accounts.create("kim", Optional.empty());
    AccessKey.Issued issued =
        node.keys.create(
            kim,
            new AccessKey.Settings(
                "laptop",
                true,
                Optional.of(clock.instant().plus(Duration.ofDays(90))),
                Optional.empty()),
            "192.0.2.1");

    assertThat(node.keys.list(kim.id())).containsExactly(issued.key());
    assertThat(issued.key().created()).isEqualTo(new AccessKey.Use(clock.instant(), "192.0.2.1"));
    assertThat(AccessKey.isId(issued.key().id())).isTrue();
    assertThat(issued.secret().reveal()).matches("[A-Za-z0-9_-]{32}");
    assertThat(issued.toString()).doesNotContain(issued.secret().reveal());
    String stored =
        node.database.read(
            handle ->
                handle.createQuery("SELECT secret_mac FROM access_key").mapTo(String.class).one());
    assertThat(stored).matches("[0-9a-f]{64}");
  }

  @Test
  void anAccountHasFiveKeysHoweverManyAskAtOnce() throws Exception {
    Account kim = node.accounts.create("kim", Optional.empty());
    List<Future<Boolean>> tries = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 12; i++) {
        Callable<Boolean> attempt = () -> makesAKey(kim);
        tries.add(threads.submit(attempt));
      }
    }

    int made = 0;
    for (Future<Boolean> attempt : tries) {
      made += attempt.get() ? 1 : 0;
    }
    assertThat(made).isEqualTo(5);
    assertThat(node.keys.list(kim.id())).hasSize(5);
    node.keys.delete(kim.id(), node.keys.list(kim.id()).getFirst().id());
    assertThat(makesAKey(kim)).isTrue();
  }

  private boolean makesAKey(Account account) {
    try {
      node.keys.create(account, AccessKey.Settings.PLAIN, "");
      return true;
    } catch (RefusedException e) {
      assertThat(e.refusal().code()).isEqualTo(ErrorCode.CONFLICT);
      return false;
    }
  }

  @Test
  void keysOfOthersAreOutOfReach() {
    Account kim = node.accounts.create("kim", Optional.empty());
    Account lee = node.accounts.create("lee", Optional.empty());
    String id = node.keys.create(kim, AccessKey.Settings.PLAIN, "").key().id();

    assertThat(code(() -> node.keys.delete(lee.id(), id))).isEqualTo(ErrorCode.NAME_UNKNOWN);
    assertThat(code(() -> node.keys.reissue(lee.id(), id))).isEqualTo(ErrorCode.NAME_UNKNOWN);
    assertThat(code(() -> node.keys.setEnabled(lee.id(), id, false)))
        .isEqualTo(ErrorCode.NAME_UNKNOWN);
    node.accounts.delete("lee", BY);
    assertThat(code(() -> node.keys.create(lee, AccessKey.Settings.PLAIN, "")))
        .isEqualTo(ErrorCode.NAME_UNKNOWN);
    assertThat(node.keys.list(kim.id())).hasSize(1).allMatch(AccessKey::enabled);
  }

  @Test
  void theHashOfASecretDependsOnTheKeyItBelongsTo() {
    assertThat(node.keys.mac("a", new Secret("same-secret")))
        .isNotEqualTo(node.keys.mac("b", new Secret("same-secret")))
        .isEqualTo(node.keys.mac("a", new Secret("same-secret")))
        .hasToString("***");
  }

  @Test
  void usesAreWrittenTogetherAndTheLatestWins() {
    Account kim = node.accounts.create("kim", Optional.empty());
    String first = node.keys.create(kim, AccessKey.Settings.PLAIN, "").key().id();
    node.keys.create(kim, AccessKey.Settings.PLAIN, "");
    node.lastUses.used(first, "192.0.2.1");
    clock.advance(Duration.ofSeconds(5));
    node.lastUses.used(first, "192.0.2.2");
    node.lastUses.used("deleted-meanwhile", "192.0.2.3");
    assertThat(node.keys.list(kim.id())).allMatch(key -> key.lastUsed().isEmpty());

    node.lastUses.write();

    assertThat(node.keys.list(kim.id()))
        .filteredOn(key -> key.lastUsed().isPresent())
        .extracting(AccessKey::id, key -> key.lastUsed().orElseThrow())
        .containsExactly(tuple(first, new AccessKey.Use(clock.instant(), "192.0.2.2")));
  }

  @Test
  void aStandingHoldsTheRolesThatStillMeanSomething() {
    var team = node.registry("team", false);
    AuthNode.Login kim = node.login("kim", Role.IMAGE_UPLOADER, Optional.of(team));
    node.grants.give("account:kim", Role.SERVICE_VIEWER, Optional.empty());
    node.grants.give("account:kim", Role.SERVICE_VIEWER, Optional.empty());
    node.grants.give("account:kim", Role.PROJECT_ADMIN, Optional.of(77L));
    node.grants.give("account:lee", Role.SERVICE_ADMIN, Optional.empty());
    node.database.write(
        handle ->
            handle.execute(
                "INSERT INTO role_grant (principal, registry_id, role, created_at)"
                    + " VALUES ('account:kim', 0, 'role-of-a-later-version', 0)"));

    Standing standing = node.standings.find(kim.keyId(), 1).orElseThrow();

    assertThat(standing.grants())
        .containsExactlyInAnyOrder(
            Grant.everywhere(Role.SERVICE_VIEWER),
            new Grant(Role.IMAGE_UPLOADER, Optional.of(new Grant.In(team.id(), "team"))));
    assertThat(standing.principal()).isEqualTo("account:kim");
  }

  @Test
  void aPrincipalHasABoundedNumberOfRoles() {
    node.database.write(
        handle -> {
          for (int i = 1; i <= Grants.MAX_PER_PRINCIPAL; i++) {
            node.grants.insert(handle, "account:kim", Role.PROJECT_ADMIN, Optional.of((long) i));
          }
          return 0;
        });

    assertThat(code(() -> node.grants.give("account:kim", Role.SERVICE_VIEWER, Optional.empty())))
        .isEqualTo(ErrorCode.DENIED);
    node.grants.give("account:kim", Role.PROJECT_ADMIN, Optional.of(1L));
  }

  @Test
  void serverKeysAreMadeOnceWhoeverAsksFirst() throws Exception {
    List<Future<Secret>> keys = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 8; i++) {
        ServerKeys another = new ServerKeys(node.database, clock);
        keys.add(threads.submit(() -> another.key("test", Secret::random)));
      }
    }

    Secret stored = node.serverKeys.key("test", Secret::random);
    for (Future<Secret> key : keys) {
      assertThat(key.get()).isEqualTo(stored);
    }
  }

  @Test
  void everyListIsOneSearchInAnIndex() {
    Plans plans = new Plans(node.database);

    for (AccountPages.Sort sort : AccountPages.Sort.values()) {
      var filter = new AccountPages.Filter(false, Optional.empty(), Optional.empty(), sort);
      plans.assertIndexed(AccountPages.sql(filter, false), "limit", 10);
      if (sort.isByTime()) {
        plans.assertIndexed(AccountPages.sql(filter, true), "time", 1L, "name", "a", "limit", 10);
      } else {
        plans.assertIndexed(AccountPages.sql(filter, true), "name", "a", "limit", 10);
      }
    }
    plans.assertIndexed(AccessKeys.LIST, "account", 1L, "limit", 10);
    plans.assertIndexed(Standings.SELECT, "id", "a");
    plans.assertIndexed(Standings.SELECT_GRANTS, "principal", "account:kim", "limit", 10);
    plans.assertIndexed(Sessions.LIST, "account", 1L, "now", 1L, "limit", 10);
    plans.assertIndexed(Sessions.EXPIRED, "now", 1L, "limit", 10);
    plans.assertIndexed(SessionStandings.SELECT, "hash", "a");
  }

  private static ErrorCode code(Runnable work) {
    return catchThrowableOfType(RefusedException.class, work::run).refusal().code();
  }
}
