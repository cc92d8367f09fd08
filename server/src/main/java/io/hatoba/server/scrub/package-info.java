/**
 * Reads stored content again, so that what a disk has changed or lost is found before somebody
 * needs it. FEATURES row of issue 6: scrub.
 *
 * <pre>
 * pass       running ─▶ succeeded | stopped      one at a time, on all nodes together
 * a copy     read ─▶ whole
 *                 ─▶ damaged       refused to pulls until a push heals it ({@link io.hatoba.server.content.Damage})
 *                 ─▶ unreadable    no damage: tried again later
 * </pre>
 *
 * <p>A pass goes through manifests, then blobs, in the order of their digests. How far it has come
 * is in the database, so it goes on after a restart and each copy is read by one node. Nothing here
 * deletes. Called by {@link io.hatoba.server.scrub.ScrubJob} and {@link
 * io.hatoba.server.scrub.ScrubResource}; the state for others is {@link
 * io.hatoba.server.scrub.Scrub#status}.
 */
@NullMarked
package io.hatoba.server.scrub;

import org.jspecify.annotations.NullMarked;
