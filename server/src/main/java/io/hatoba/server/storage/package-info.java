/**
 * Where the bytes of blobs rest: a folder, or later an object store, behind one interface that
 * pretends nothing.
 *
 * <p>An object is written once under a key made for it alone, becomes readable when it is finished,
 * and never changes. There is no rename and no copy. Which object holds which digest is a row in
 * the database; nothing here knows of digests, repositories or uploads.
 */
@NullMarked
package io.hatoba.server.storage;

import org.jspecify.annotations.NullMarked;
