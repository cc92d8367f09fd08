package io.hatoba.server.api;

import io.hatoba.server.auth.Caller;
import io.hatoba.server.content.Actor;
import io.hatoba.server.content.ReadScope;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.permission.Target;
import io.hatoba.server.rest.Requester;
import jakarta.enterprise.context.RequestScoped;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The caller of the current request, for whom it is injected into. */
@RequestScoped
public class CurrentRequester implements Requester {
  private @Nullable Caller caller;

  void set(Caller found) {
    caller = found;
  }

  private Caller caller() {
    if (caller == null) {
      throw new IllegalStateException("nobody has asked yet who calls");
    }
    return caller;
  }

  @Override
  public Actor actor() {
    return caller().actor();
  }

  @Override
  public Optional<String> sessionId() {
    return caller().sessionId();
  }

  @Override
  public boolean may(Permission permission, Target target) {
    return caller().may(permission, target);
  }

  @Override
  public boolean holds(Permission permission, Target target) {
    return caller().holds(permission, target);
  }

  @Override
  public boolean mayOnSome(Permission permission, Target target) {
    return caller().mayOnSome(permission, target);
  }

  @Override
  public void require(Permission permission, Target target) {
    caller().require(permission, target);
  }

  @Override
  public ReadScope where(Permission permission) {
    return caller().where(permission);
  }
}
