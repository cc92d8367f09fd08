/**
 * The content core: blobs, uploads, manifests, tags and referrers. The only code that changes
 * stored content, and it knows no feature: features hang on it by {@link
 * io.hatoba.server.content.PullGate}, {@link io.hatoba.server.content.TagGuard} and the outbox of
 * {@link io.hatoba.server.content.Events}. Rows A2, A6 and C4 of FEATURES.md; what must never break
 * stands in DESIGN.md.
 *
 * <p>Absent means no row. The row points at the object. Small blobs and all manifests rest in the
 * database. Sharing is counted by rows and not by numbers.
 */
@NullMarked
package io.hatoba.server.content;

import org.jspecify.annotations.NullMarked;
