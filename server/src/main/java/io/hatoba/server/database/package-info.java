/**
 * One database, SQLite or PostgreSQL, behind one interface.
 *
 * <p>Everything that differs between the two is here: how a transaction is run, the few words of
 * SQL that are not the same ({@link io.hatoba.server.database.Dialect}), the order in which
 * committed rows become visible, and the errors. The rest of the server writes SQL that both speak.
 * Migrations lie in {@code db/migration} and only go forward.
 */
@NullMarked
package io.hatoba.server.database;

import org.jspecify.annotations.NullMarked;
