/**
 * The audit log (FEATURES B4): who did what, from where, with which key, and with what result.
 *
 * <pre>
 * operations of the management API  written before the answer leaves        AuditLog.record
 * pushes, deletes, moves of tags    copied from the outbox, exactly once    AuditedContent
 * sign-ins, failures folded         gathered for ten seconds                AuditedSignIns
 * </pre>
 *
 * <p>Rows are never changed. They are read newest first ({@code GET /api/v1/audit}), and dropped by
 * age ({@link io.hatoba.server.audit.AuditConfig#retention}).
 */
@NullMarked
package io.hatoba.server.audit;

import org.jspecify.annotations.NullMarked;
