package io.hatoba.client;

import io.hatoba.oci.Digest;

/**
 * What the registry says about a manifest without sending it.
 *
 * @param mediaType without parameters
 * @param size in bytes
 */
public record ManifestInfo(Digest digest, String mediaType, long size) {}
