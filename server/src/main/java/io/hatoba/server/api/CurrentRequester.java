package io.hatoba.server.api;

import io.hatoba.server.auth.Caller;
import io.hatoba.server.content.Actor;
import io.hatoba.server.content.ReadScope;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.permission.Target;
import io.hatoba.server.rest.Renewal;
import io.hatoba.server.rest.Requester;
import jakarta.enterprise.context.RequestScoped;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The caller of the current request, for whom it is injected into. */
@RequestScoped
public class CurrentRequester implements Requester, Renewal {
  private @Nullable Caller caller;
  private @Nullable Supplier<Caller> again;

  /**
   * @param again finds the caller anew, by the same credentials
   */
  void set(Caller found, Supplier<Caller> again) {
    this.caller = found;
    this.again = again;
  }

  @Override
  public Supplier<Requester> ofThisRequest() {
    Supplier<Caller> found = again;
    if (found == null) {
      throw new IllegalStateException("nobody has asked yet who calls");
    }
    return found::get;
  }

  /** Who calls, if that is known already. */
  Optional<Actor> known() {
    return Optional.ofNullable(caller).map(Caller::actor);
  }

  private Caller caller() {
    if (caller == null) {
      throw new IllegalStateException("nobody has asked yet who calls");
    }
    return caller;
  }

  @Override
  public Requester detached() {
    return caller();
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
