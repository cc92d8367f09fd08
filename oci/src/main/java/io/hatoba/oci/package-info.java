/**
 * The values of the OCI and Docker registry protocols, without a framework.
 *
 * <p>A name, a digest, a reference, a media type, a descriptor and a manifest each have one parser,
 * which follows the grammar of the OCI distribution and image specifications exactly; what it
 * returns is valid, and what it refuses it refuses with a message that names the wrong part and the
 * limit. Content is bytes: whoever parses a manifest keeps the bytes beside it, and nothing here
 * ever writes a manifest again from its parsed form.
 *
 * <p>{@link io.hatoba.oci.ErrorCode} is the only place that knows the HTTP status of an error.
 */
@NullMarked
package io.hatoba.oci;

import org.jspecify.annotations.NullMarked;
