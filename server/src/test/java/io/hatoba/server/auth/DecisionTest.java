package io.hatoba.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.RepositoryName;
import io.hatoba.server.account.Grant;
import io.hatoba.server.account.KeyScope;
import io.hatoba.server.account.Narrowing;
import io.hatoba.server.account.Rights;
import io.hatoba.server.account.Role;
import io.hatoba.server.content.ReadScope;
import io.hatoba.server.pattern.NamePattern;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.permission.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Roles for some images, roles in one registry, groups, narrowed keys: what each allows, and why.
 */
class DecisionTest {
  private static final Grant.In TEAM = new Grant.In(2, "team");
  private static final Map<String, Long> OPENED = Map.of("open", 1L);
  private static final Target SERVICE = Target.SERVICE;
  private static final Target IN_TEAM = new Target.OfRegistry("team");
  private static final Target CI_APP = image("team/ci/app");
  private static final Target OTHER_APP = image("team/app");

  private static final Role CI =
      new Role(
          "ci",
          "",
          Set.of(Permission.ARTIFACT_PUSH, Permission.REGISTRY_READ, Permission.AUDIT_READ),
          List.of(NamePattern.parse("ci/**")));

  @Test
  void patternsNarrowActionsOnImagesAndNoOthers() {
    Permissions ci = roles(new Grant(CI, Optional.of(TEAM)));

    assertThat(ci.allow(Permission.ARTIFACT_PUSH, CI_APP)).isTrue();
    assertThat(ci.allow(Permission.ARTIFACT_PUSH, OTHER_APP)).isFalse();
    assertThat(ci.allow(Permission.ARTIFACT_PUSH, IN_TEAM)).isFalse();
    assertThat(ci.allowSome(Permission.ARTIFACT_PUSH, IN_TEAM)).isTrue();
    assertThat(ci.allowSome(Permission.ARTIFACT_PULL, IN_TEAM)).isFalse();
    assertThat(ci.allow(Permission.REGISTRY_READ, IN_TEAM)).isTrue();
    assertThat(ci.on(RepositoryName.parse("team/ci/app"))).containsExactly(Action.PUSH);
    assertThat(ci.on(RepositoryName.parse("team/app"))).isEmpty();
    assertThat(ci.where(Permission.ARTIFACT_PUSH)).isEqualTo(registries(2L));
    assertThat(reason(ci, Permission.ARTIFACT_PUSH, OTHER_APP))
        .isEqualTo("the role ci in registry team includes artifact:push for the images ci/** only");
  }

  @Test
  void whatIsForSomeImagesIsNotReadableAsAWhole() {
    Role puller =
        new Role("p", "", Set.of(Permission.ARTIFACT_PULL), List.of(NamePattern.parse("ci/**")));

    assertThat(roles(new Grant(puller, Optional.of(TEAM))).readScope()).isEqualTo(registries(1L));
    assertThat(roles(Grant.everywhere(puller)).readScope()).isEqualTo(registries(1L));
    assertThat(roles(Grant.everywhere(puller)).where(Permission.ARTIFACT_PULL))
        .isEqualTo(new ReadScope.Everything());
  }

  @Test
  void whatIsForTheWholeServiceNeedsARoleThere() {
    Permissions admin = roles(new Grant(Role.PROJECT_ADMIN, Optional.of(TEAM)));

    assertThat(admin.allow(Permission.ROLE_WRITE, IN_TEAM)).isTrue();
    assertThat(admin.allow(Permission.ROLE_WRITE, SERVICE)).isFalse();
    for (Permission permission : Permission.values()) {
      if (permission.extent() == Permission.Extent.SERVICE) {
        assertThat(admin.allow(permission, SERVICE)).isFalse();
        assertThat(admin.allow(permission, IN_TEAM)).isFalse();
        assertThat(admin.allow(permission, CI_APP)).isFalse();
      } else {
        assertThat(admin.allow(permission, IN_TEAM)).isTrue();
      }
    }
    assertThat(reason(admin, Permission.AUDIT_READ, SERVICE))
        .isEqualTo(
            "the role project-admin in registry team counts in that registry only; audit:read on"
                + " the service needs a role in the whole service");
  }

  @Test
  void theGroupIsNamed() {
    Permissions viewer =
        roles(new Grant(Role.SERVICE_VIEWER, Optional.of(TEAM), Optional.of("dev")));

    assertThat(reason(viewer, Permission.ARTIFACT_PULL, CI_APP))
        .isEqualTo(
            "the role service-viewer in registry team (through the group dev) includes"
                + " artifact:pull");
  }

  @Test
  void aNarrowedKeyDoesWhatItsScopesCoverAndItsOwnerMay() {
    Permissions key =
        narrowed(
            List.of(Grant.everywhere(Role.SERVICE_ADMIN)),
            scope("team", "ci/**", Permission.ARTIFACT_PULL, Permission.ARTIFACT_PUSH),
            scope("team", null, Permission.REGISTRY_READ));

    assertThat(key.allow(Permission.ARTIFACT_PUSH, CI_APP)).isTrue();
    assertThat(key.allow(Permission.ARTIFACT_PUSH, OTHER_APP)).isFalse();
    assertThat(key.allow(Permission.ARTIFACT_DELETE, CI_APP)).isFalse();
    assertThat(key.allow(Permission.ARTIFACT_PUSH, image("other/ci/app"))).isFalse();
    assertThat(key.allow(Permission.REGISTRY_READ, IN_TEAM)).isTrue();
    assertThat(key.allow(Permission.ROLE_WRITE, SERVICE)).isFalse();
    assertThat(key.knows(IN_TEAM)).isTrue();
    assertThat(key.knows(new Target.OfRegistry("other"))).isFalse();
    assertThat(key.where(Permission.REGISTRY_READ)).isEqualTo(registries(2L));
    assertThat(key.where(Permission.ARTIFACT_PULL)).isEqualTo(registries(2L));
    assertThat(key.readScope()).isEqualTo(registries(1L)); // only what everyone may
    assertThat(key.decide(Permission.ARTIFACT_DELETE, CI_APP))
        .isEqualTo(
            new Decision.Refused(
                "the access key HKTEST is narrowed to artifact:pull, artifact:push on images"
                    + " ci/** in registry team; registry:read in registry team; that does not"
                    + " cover artifact:delete on image team/ci/app",
                Optional.of("key:HKTEST")));
  }

  @Test
  void aKeyCannotDoMoreThanItsOwner() {
    Permissions key =
        narrowed(
            List.of(new Grant(Role.IMAGE_UPLOADER, Optional.of(TEAM))),
            scope(null, null, Permission.ARTIFACT_PULL, Permission.ARTIFACT_PUSH));

    assertThat(key.allow(Permission.ARTIFACT_PUSH, CI_APP)).isTrue();
    assertThat(key.allow(Permission.ARTIFACT_PULL, CI_APP)).isFalse();
    assertThat(key.decide(Permission.ARTIFACT_PULL, CI_APP).decidedBy())
        .contains("role:image-uploader");
    assertThat(key.where(Permission.ARTIFACT_PUSH)).isEqualTo(registries(2L));
  }

  @Test
  void whatEveryoneMayANarrowedKeyMayTooButDoesNotHandOn() {
    Permissions key = narrowed(List.of(), scope("team", null, Permission.ARTIFACT_PUSH));

    assertThat(key.decide(Permission.ARTIFACT_PULL, image("open/base")))
        .isEqualTo(
            new Decision.Allowed(
                "everyone may pull from registry open", Optional.of("registry:open")));
    assertThat(key.holds(Permission.ARTIFACT_PULL, image("open/base"))).isFalse();
    assertThat(key.allow(Permission.ARTIFACT_PULL, image("team/base"))).isFalse();
    assertThat(key.allow(Permission.REGISTRY_READ, new Target.OfRegistry("open"))).isFalse();
  }

  @Test
  void scopesAreStoredAsTheyAreWritten() {
    List<KeyScope> scopes =
        List.of(
            scope("team", "ci/**", Permission.ARTIFACT_PULL),
            scope(null, null, Permission.REGISTRY_READ));
    String json =
        "[{\"registry\":\"team\",\"images\":\"ci/**\",\"actions\":[\"artifact:pull\"]},"
            + "{\"actions\":[\"registry:read\"]}]";

    assertThat(KeyScope.toJson(scopes)).isEqualTo(json);
    assertThat(KeyScope.fromJson(json)).isEqualTo(scopes);
    assertThat(KeyScope.fromJson("[{\"actions\":[\"moon:land\"]}]").getFirst().actions()).isEmpty();
  }

  /** The words come from another way through the roles than the answer; they must agree. */
  @Test
  void whatIsDecidedIsWhatIsExplained() {
    long seed = Long.getLong("hatoba.seed", 20261124);
    Random random = new Random(seed);
    List<Role> known = new ArrayList<>(Role.BUILT_IN);
    known.add(CI);
    List<Target> targets =
        List.of(
            SERVICE,
            IN_TEAM,
            CI_APP,
            OTHER_APP,
            new Target.OfRegistry("open"),
            image("open/ci/x"),
            image("gone/x"));
    int allowed = 0;
    for (int i = 0; i < 3_000; i++) {
      List<Grant> grants = new ArrayList<>();
      for (int more = random.nextInt(4); more > 0; more--) {
        Role role = known.get(random.nextInt(known.size()));
        grants.add(
            random.nextBoolean()
                ? Grant.everywhere(role)
                : new Grant(
                    role, Optional.of(random.nextBoolean() ? TEAM : new Grant.In(1, "open"))));
      }
      Permissions permissions =
          random.nextBoolean()
              ? new Permissions(grants, OPENED)
              : narrowed(
                  grants,
                  scope(
                      random.nextBoolean() ? "team" : null,
                      random.nextBoolean() ? "ci/*" : null,
                      any(random),
                      any(random)));
      Permission permission = any(random);
      for (Target target : targets) {
        Decision decision = permissions.decide(permission, target);
        assertThat(decision instanceof Decision.Allowed)
            .as("%s on %s by %s, seed %d", permission, target, permissions, seed)
            .isEqualTo(permissions.allow(permission, target));
        assertThat(decision.reason()).isNotBlank();
        allowed += decision instanceof Decision.Allowed ? 1 : 0;
      }
    }
    assertThat(allowed).isBetween(1_000, 20_000);
  }

  private static Permission any(Random random) {
    List<Permission> all = List.of(Permission.values());
    return all.get(random.nextInt(all.size()));
  }

  private static String reason(Permissions permissions, Permission permission, Target target) {
    return permissions.decide(permission, target).reason();
  }

  private static Permissions roles(Grant... grants) {
    return new Permissions(List.of(grants), OPENED);
  }

  private static Permissions narrowed(List<Grant> grants, KeyScope... scopes) {
    return new Permissions(
        Rights.of(grants),
        Optional.of(new Narrowing("HKTEST", List.of(scopes), Map.of("team", 2L))),
        OPENED);
  }

  private static KeyScope scope(
      @Nullable String registry, @Nullable String images, Permission... actions) {
    return new KeyScope(
        Optional.ofNullable(registry),
        Optional.ofNullable(images).map(NamePattern::parse),
        Set.copyOf(List.of(actions)));
  }

  private static Target image(String name) {
    return new Target.OfImage(RepositoryName.parse(name));
  }

  private static ReadScope registries(Long... ids) {
    return new ReadScope.Registries(Set.of(ids));
  }
}
