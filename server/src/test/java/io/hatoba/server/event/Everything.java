package io.hatoba.server.event;

import io.hatoba.server.content.Actor;
import io.hatoba.server.content.ReadScope;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.permission.Target;
import io.hatoba.server.rest.Requester;
import java.util.Optional;

/** A caller who may do everything. */
final class Everything implements Requester {
  @Override
  public Requester detached() {
    return this;
  }

  @Override
  public Actor actor() {
    return new Actor("account:kim", "HK1", "192.0.2.1");
  }

  @Override
  public Optional<String> sessionId() {
    return Optional.empty();
  }

  @Override
  public boolean may(Permission permission, Target target) {
    return true;
  }

  @Override
  public boolean holds(Permission permission, Target target) {
    return true;
  }

  @Override
  public boolean mayOnSome(Permission permission, Target target) {
    return true;
  }

  @Override
  public void require(Permission permission, Target target) {}

  @Override
  public ReadScope where(Permission permission) {
    return new ReadScope.Everything();
  }
}
