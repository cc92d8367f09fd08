/**
 * What was deleted, as people see it: what can be brought back and until when, bringing it back,
 * and letting go of it at once. Row C6 of FEATURES.md; the rules are in {@code content}
 * (docs/design/deletion.md).
 */
@NullMarked
package io.hatoba.server.undo;

import org.jspecify.annotations.NullMarked;
