/**
 * CI without stored secrets (FEATURES B3): a job shows the identity token that its CI (GitHub
 * Actions, GitLab, any OpenID Connect issuer) has signed for it, and gets an access key that lives
 * for minutes. Administrators say which issuers are trusted and by which claims a job becomes which
 * service account. A token is good once; a key never outlives its hour; what is not allowed by a
 * rule is refused.
 */
@NullMarked
package io.hatoba.server.federation;

import org.jspecify.annotations.NullMarked;
