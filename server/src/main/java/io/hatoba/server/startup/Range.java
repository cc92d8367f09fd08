package io.hatoba.server.startup;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The least and the greatest value of a setting, both allowed, written as the setting itself is
 * written ({@code 1}, {@code 30s}, {@code 4M}). A value outside stops the start.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Range {
  String min();

  String max();
}
