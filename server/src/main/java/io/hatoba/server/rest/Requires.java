package io.hatoba.server.rest;

import io.hatoba.server.permission.Permission;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The permission that an operation needs, on the image that the path parameters {@code registry}
 * and {@code image} name, else on the registry, else on the whole service. Enforced before the
 * method is called. Each method of a resource has this or {@link Access}, else the server does not
 * start.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Requires {
  /** What the caller must be allowed. */
  Permission value();

  /**
   * Whether it is enough to be allowed it on some images of the target. The operation shows only
   * images on which {@link Requester#may} allows it.
   */
  boolean onSome() default false;
}
