/**
 * Copies of everything that is stored, made while servers run, proved whole, and put back. FEATURES
 * section 2, operation: backup and restore while running. Called by the operator's commands, never
 * by the server.
 *
 * <p>A backup is a copy of the database, taken as one snapshot, and of every object that this copy
 * names; a hold ({@link io.hatoba.server.content.StorageHolds}) keeps those objects from being
 * removed in between. {@link io.hatoba.server.backup.BackupFolder} draws the layout. A backup is
 * whole when its {@code backup.json} is there, which is written last.
 */
@NullMarked
package io.hatoba.server.backup;

import org.jspecify.annotations.NullMarked;
