/**
 * Images, artifacts and tags as people and scripts see and change them: lists with filters, details
 * of what a manifest names, charts, and tags without a client. Rows C2 to C4 and A4 of FEATURES.md.
 *
 * <p>Nothing here changes content itself: that is {@code content}'s, in whose transactions guards,
 * history and events are. The lists read what was stored at push, by one index each; a filter that
 * has none reads a bounded number of rows, so that a page may have fewer items than asked for, or
 * none, and still a {@code next}.
 */
@NullMarked
package io.hatoba.server.image;

import org.jspecify.annotations.NullMarked;
