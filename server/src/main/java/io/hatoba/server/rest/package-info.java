/**
 * What the resources of the management API are made of: the annotation that states an operation's
 * permission, the caller as a resource sees it, pages, patches, entity tags and checks of fields.
 * The conventions are those of {@code docs/reference/api.md}. Filters and exception mappers, which
 * no resource calls, are in {@code api}.
 */
@NullMarked
package io.hatoba.server.rest;

import org.jspecify.annotations.NullMarked;
