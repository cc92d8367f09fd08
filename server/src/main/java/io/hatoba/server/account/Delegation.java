package io.hatoba.server.account;

import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.permission.Target;
import io.hatoba.server.rest.Requester;
import java.util.Optional;

/**
 * The rule against escalation: whoever makes, gives or takes a role holds all that it includes
 * himself, there and for all images. What everyone may does not count, nor what a narrowed key
 * leaves out.
 */
final class Delegation {
  private Delegation() {}

  /**
   * Lets the caller hand on what a role includes.
   *
   * @param registry where; empty is the whole service. In a registry what only counts in the whole
   *     service is not looked at, since it has no effect there
   * @throws RefusedException with {@code DENIED}, naming the first permission that is missing
   */
  static void require(Requester caller, Role role, Optional<String> registry) {
    Target target = registry.<Target>map(Target.OfRegistry::new).orElse(Target.SERVICE);
    for (Permission permission : role.permissions()) {
      boolean counts = registry.isEmpty() || permission.extent() != Permission.Extent.SERVICE;
      if (counts && !caller.holds(permission, target)) {
        throw new RefusedException(
            new Refusal.Denied(
                "the role %s includes %s, which you do not have on all of %s; nobody hands on what he does not have himself"
                    .formatted(role.name(), permission.identifier(), target),
                permission.identifier()));
      }
    }
  }

  /**
   * Lets the caller have what opens an account: its password, or a key of it. With that he could do
   * what the account may.
   *
   * @param rights of the account
   * @throws RefusedException as {@link #require}
   */
  static void requireAllOf(Requester caller, Rights rights) {
    for (Grant grant : rights.grants()) {
      require(caller, grant.role(), grant.registry().map(Grant.In::name));
    }
  }
}
