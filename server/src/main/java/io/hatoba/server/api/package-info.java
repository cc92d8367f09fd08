/**
 * What all resources of the management API share: who calls, and how a refusal is told (problem
 * JSON, RFC 9457). The resources themselves lie with their features, and ask {@code
 * SecurityContext.isUserInRole} with the name of an action.
 */
@NullMarked
package io.hatoba.server.api;

import org.jspecify.annotations.NullMarked;
