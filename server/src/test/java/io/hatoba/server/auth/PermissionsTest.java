package io.hatoba.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.hatoba.oci.RepositoryName;
import io.hatoba.server.account.Grant;
import io.hatoba.server.account.Role;
import io.hatoba.server.permission.Permission;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PermissionsTest {
  /** The lines イメージPull, イメージPush and イメージの削除 of the guide's last table. */
  @ParameterizedTest
  @CsvSource({
    "project-admin,  true,  true,  true",
    "project-member, true,  true,  true",
    "service-admin,  true,  true,  true",
    "service-viewer, true,  false, false",
    "image-uploader, false, true,  false",
  })
  void rolesAreThoseOfTheGuide(String role, boolean pull, boolean push, boolean delete) {
    Set<Permission> actions = Role.builtIn(role).orElseThrow().permissions();

    assertThat(actions.contains(Permission.ARTIFACT_PULL)).isEqualTo(pull);
    assertThat(actions.contains(Permission.ARTIFACT_PUSH)).isEqualTo(push);
    assertThat(actions.contains(Permission.ARTIFACT_DELETE)).isEqualTo(delete);
  }

  @Test
  void rolesAddUp() {
    Permissions permissions =
        new Permissions(
            List.of(
                Grant.everywhere(Role.SERVICE_VIEWER),
                new Grant(Role.IMAGE_UPLOADER, Optional.of(new Grant.In(1, "team")))),
            Map.of());

    assertThat(permissions.on(RepositoryName.parse("team/app")))
        .containsExactlyInAnyOrder(Action.PULL, Action.PUSH);
    assertThat(permissions.on(RepositoryName.parse("other/app"))).containsExactly(Action.PULL);
  }

  @Test
  void aRoleCountsInItsRegistryOnlyAndNotWhereANameBeginsAlike() {
    Permissions permissions =
        new Permissions(
            List.of(new Grant(Role.PROJECT_ADMIN, Optional.of(new Grant.In(1, "team")))), Map.of());

    assertThat(permissions.on(RepositoryName.parse("team/x/y"))).hasSize(3);
    assertThat(permissions.on(RepositoryName.parse("team2/app"))).isEmpty();
    assertThat(permissions.on(RepositoryName.parse("x/team/app"))).isEmpty();
  }

  @Test
  void aRefusalSaysWhy() {
    RepositoryName app = RepositoryName.parse("team/app");
    Permissions uploader =
        new Permissions(
            List.of(new Grant(Role.IMAGE_UPLOADER, Optional.of(new Grant.In(1, "team")))),
            Map.of());
    Permissions nobody = new Permissions(List.of(), Map.of());

    assertThat(uploader.decide(app, Set.of(Action.PUSH)))
        .isEqualTo(
            new Decision.Allowed(
                "the role image-uploader in registry team includes artifact:push",
                Optional.of("role:image-uploader")));
    assertThat(uploader.decide(app, Set.of(Action.PULL)))
        .isEqualTo(
            new Decision.Refused(
                "the role image-uploader in registry team does not include artifact:pull; roles"
                    + " that do: project-admin, project-member, service-admin, service-viewer",
                Optional.of("role:image-uploader")));
    assertThat(nobody.decide(app, Set.of(Action.PULL)))
        .isEqualTo(
            new Decision.Refused(
                "there is no role in the registry 'team', or it does not exist", Optional.empty()));
  }
}
