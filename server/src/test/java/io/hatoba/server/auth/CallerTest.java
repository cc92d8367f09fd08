package io.hatoba.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.oci.RepositoryName;
import io.hatoba.server.account.Grant;
import io.hatoba.server.account.Role;
import io.hatoba.server.content.Actor;
import io.hatoba.server.content.ReadScope;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The matrix of requests, credentials and repositories (research: oci-clients 6.4 and 2.1). */
class CallerTest {
  private static final RepositoryName PUBLIC = RepositoryName.parse("open/app");
  private static final RepositoryName PRIVATE = RepositoryName.parse("team/app");
  private static final RepositoryName ABSENT = RepositoryName.parse("gone/app");
  private static final Map<String, Long> OPENED = Map.of("open", 1L);
  private static final Grant.In TEAM = new Grant.In(2, "team");

  private static final List<Grant> NOBODY = List.of();
  private static final List<Grant> ADMIN = List.of(Grant.everywhere(Role.SERVICE_ADMIN));
  private static final List<Grant> VIEWER = List.of(Grant.everywhere(Role.SERVICE_VIEWER));
  private static final List<Grant> UPLOADER = List.of(in(Role.IMAGE_UPLOADER));
  private static final List<Grant> MEMBER = List.of(in(Role.PROJECT_MEMBER));

  @TestFactory
  Collection<DynamicTest> everyRequestOfEveryoneOnEveryRepository() {
    List<DynamicTest> cases = new ArrayList<>();
    // who, its roles, its token's actions, on what, request, expected
    for (RepositoryName hidden : List.of(PRIVATE, ABSENT)) {
      cases.add(anonymous("pull", hidden, Request.PULL, "401 pull"));
      cases.add(anonymous("", hidden, Request.PULL, "401 pull"));
      cases.add(anonymous("", hidden, Request.HEAD, "401 pull"));
      cases.add(anonymous("", hidden, Request.PUSH, "401 pull,push"));
      cases.add(anonymous("", hidden, Request.PULL_AND_PUSH, "401 pull,push"));
      cases.add(anonymous("", hidden, Request.DELETE, "401 delete"));
      cases.add(named("no roles", NOBODY, "", hidden, Request.PULL, "403"));
      cases.add(named("no roles", NOBODY, "", hidden, Request.HEAD, "403"));
      cases.add(named("no roles", NOBODY, "", hidden, Request.PUSH, "403"));
      cases.add(named("admin", ADMIN, "pull,push,delete", hidden, Request.DELETE, "ok"));
      cases.add(named("admin", ADMIN, "pull", hidden, Request.PULL, "ok"));
      cases.add(named("admin", ADMIN, "pull", hidden, Request.HEAD, "ok")); // helm#30987: then 404
      cases.add(named("admin", ADMIN, "pull", hidden, Request.PUSH, "401 scope pull,push"));
      cases.add(
          named("admin", ADMIN, "pull", hidden, Request.PULL_AND_PUSH, "401 scope pull,push"));
      cases.add(named("admin", ADMIN, "pull,push", hidden, Request.DELETE, "401 scope delete"));
      cases.add(named("admin", ADMIN, "", hidden, Request.PULL, "401 scope pull"));
      cases.add(named("admin", ADMIN, "push", hidden, Request.HEAD, "ok"));
      cases.add(named("admin", ADMIN, "delete", hidden, Request.HEAD, "401 scope pull"));
      cases.add(named("viewer", VIEWER, "pull", hidden, Request.PULL, "ok"));
      cases.add(named("viewer", VIEWER, "pull", hidden, Request.HEAD, "ok"));
      cases.add(named("viewer", VIEWER, "pull", hidden, Request.PUSH, "403"));
      cases.add(named("viewer", VIEWER, "", hidden, Request.PUSH, "403"));
      cases.add(named("viewer", VIEWER, "pull", hidden, Request.DELETE, "403"));
    }
    cases.add(anonymous("pull", PUBLIC, Request.PULL, "ok"));
    cases.add(anonymous("pull", PUBLIC, Request.HEAD, "ok"));
    cases.add(anonymous("", PUBLIC, Request.PULL, "401 scope pull"));
    cases.add(anonymous("pull", PUBLIC, Request.PUSH, "401 pull,push"));
    cases.add(named("no roles", NOBODY, "pull", PUBLIC, Request.PULL, "ok"));
    cases.add(named("no roles", NOBODY, "pull", PUBLIC, Request.PUSH, "403"));
    cases.add(named("member", MEMBER, "pull,push", PRIVATE, Request.PUSH, "ok"));
    cases.add(named("member", MEMBER, "pull,push", ABSENT, Request.PUSH, "403"));
    cases.add(named("member", MEMBER, "pull", PUBLIC, Request.PULL, "ok"));
    cases.add(named("uploader", UPLOADER, "push", PRIVATE, Request.PUSH, "ok"));
    cases.add(named("uploader", UPLOADER, "push", PRIVATE, Request.PULL_AND_PUSH, "ok"));
    cases.add(named("uploader", UPLOADER, "push", PRIVATE, Request.HEAD, "ok"));
    cases.add(named("uploader", UPLOADER, "", PRIVATE, Request.HEAD, "401 scope pull,push"));
    cases.add(named("uploader", UPLOADER, "pull", PRIVATE, Request.HEAD, "401 scope pull,push"));
    cases.add(named("uploader", UPLOADER, "push", PRIVATE, Request.PULL, "403"));
    cases.add(named("uploader", UPLOADER, "pull,push", PRIVATE, Request.PULL, "403"));
    cases.add(named("uploader", UPLOADER, "push", PRIVATE, Request.DELETE, "403"));
    cases.add(named("uploader", UPLOADER, "push", ABSENT, Request.HEAD, "403"));
    return cases;
  }

  @Test
  void privateAndAbsentReadTheSameToWhoMaySeeNeither() {
    for (Request request : List.of(Request.PULL, Request.PUSH, Request.DELETE, Request.HEAD)) {
      for (List<Grant> roles :
          List.of(
              NOBODY,
              List.of(new Grant(Role.PROJECT_ADMIN, Optional.of(new Grant.In(3, "mine")))))) {
        for (String principal : List.of(Caller.ANONYMOUS, "account:kim")) {
          RefusedException hidden = refused(call(principal, roles, "", PRIVATE), request);
          RefusedException absent = refused(call(principal, roles, "", ABSENT), request);
          assertThat(hidden.refusal().toString().replace("team", "gone"))
              .isEqualTo(absent.refusal().toString());
        }
      }
    }
  }

  @Test
  void theCatalogNeedsALoginAndItsScope() {
    Caller key = caller("account:kim", VIEWER, new Reach.Unlimited());
    Caller token = caller("account:kim", VIEWER, Reach.Listed.of(List.of(Scope.CATALOG)));
    Caller narrow = caller("account:kim", VIEWER, Reach.Listed.of(List.of()));
    Caller anonymous = caller(Caller.ANONYMOUS, NOBODY, Reach.Listed.of(List.of(Scope.CATALOG)));
    Caller nobody = caller("account:kim", NOBODY, new Reach.Unlimited());

    key.requireCatalog();
    token.requireCatalog();
    assertThat(outcome(narrow::requireCatalog)).isEqualTo("401 scope registry:catalog:*");
    assertThat(outcome(anonymous::requireCatalog)).isEqualTo("401 registry:catalog:*");
    assertThat(outcome(nobody::requireCatalog)).isEqualTo("403");
  }

  @Test
  void whatMayBeReadFollowsRolesThatPull() {
    assertThat(caller("account:kim", VIEWER, new Reach.Unlimited()).readScope())
        .isEqualTo(new ReadScope.Everything());
    assertThat(caller("account:kim", MEMBER, new Reach.Unlimited()).readScope())
        .isEqualTo(new ReadScope.Registries(Set.of(1L, 2L)));
    assertThat(caller("account:kim", UPLOADER, new Reach.Unlimited()).readScope())
        .isEqualTo(new ReadScope.Registries(Set.of(1L)));
  }

  private static DynamicTest anonymous(
      String token, RepositoryName repository, Request request, String expected) {
    return test(Caller.ANONYMOUS, NOBODY, token, repository, request, expected);
  }

  private static DynamicTest named(
      String who,
      List<Grant> roles,
      String token,
      RepositoryName repository,
      Request request,
      String expected) {
    return test("account:" + who, roles, token, repository, request, expected);
  }

  private static DynamicTest test(
      String principal,
      List<Grant> roles,
      String token,
      RepositoryName repository,
      Request request,
      String expected) {
    Call call = call(principal, roles, token, repository);
    String name = "%s with token '%s' on %s: %s".formatted(principal, token, repository, expected);
    return DynamicTest.dynamicTest(
        name,
        () ->
            assertThat(outcome(() -> request.make(call)))
                .isEqualTo(
                    expected
                        .replace("scope ", "scope repository:" + repository + ":")
                        .replaceAll("^401 (?!scope)", "401 repository:" + repository + ":")));
  }

  private static Call call(
      String principal, List<Grant> roles, String token, RepositoryName repository) {
    List<Scope> access =
        token.isEmpty()
            ? List.of()
            : List.of(new Scope("repository", repository.value(), Set.of(token.split(",", -1))));
    return new Call(caller(principal, roles, Reach.Listed.of(access)), repository);
  }

  private static Caller caller(String principal, List<Grant> roles, Reach reach) {
    return new Caller(new Actor(principal, "", "192.0.2.7"), reach, new Permissions(roles, OPENED));
  }

  private static RefusedException refused(Call call, Request request) {
    return catchThrowableOfType(RefusedException.class, () -> request.make(call));
  }

  /** {@code ok}, {@code 403}, or 401 with "scope" if that is the error, and the wanted scope. */
  private static String outcome(Runnable request) {
    try {
      request.run();
      return "ok";
    } catch (RefusedException e) {
      return switch (e.refusal()) {
        case Refusal.Unauthorized refusal ->
            "401 "
                + refusal
                    .challengeError()
                    .map("insufficient_scope"::equals)
                    .map(is -> is ? "scope " : "other ")
                    .orElse("")
                + String.join(" ", refusal.scopes());
        default -> Integer.toString(e.refusal().code().status());
      };
    }
  }

  private static Grant in(Role role) {
    return new Grant(role, Optional.of(TEAM));
  }

  private record Call(Caller caller, RepositoryName repository) {
    void require(Set<Action> needed) {
      caller.require(repository, needed);
    }

    void requireHead() {
      caller.requireHead(repository);
    }
  }

  private enum Request {
    PULL,
    PUSH,
    PULL_AND_PUSH,
    DELETE,
    HEAD;

    void make(Call call) {
      switch (this) {
        case PULL -> call.require(Set.of(Action.PULL));
        case PUSH -> call.require(Set.of(Action.PUSH));
        case PULL_AND_PUSH -> call.require(Set.of(Action.PULL, Action.PUSH));
        case DELETE -> call.require(Set.of(Action.DELETE));
        case HEAD -> call.requireHead();
      }
    }
  }
}
