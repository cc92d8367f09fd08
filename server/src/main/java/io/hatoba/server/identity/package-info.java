/**
 * Identity tokens of others: signed statements (JWT, OpenID Connect Core 1.0, section 2) of an
 * issuer about a person or a CI job. {@link io.hatoba.server.identity.IdentityTokens} tells whether
 * one is to be believed; {@link io.hatoba.server.identity.Issuers} knows the issuers' addresses and
 * keys. Single sign-on and CI federation share it. Believed is only what a key of the issuer has
 * signed, for us, and now.
 */
@NullMarked
package io.hatoba.server.identity;

import org.jspecify.annotations.NullMarked;
