package io.hatoba.client;

/**
 * One error of an answer's {@code errors} list (OCI distribution specification, "Error Codes").
 *
 * @param code as sent; also one that nobody defined
 * @param message may be empty
 * @param detail as JSON, or the text if it is one; may be empty
 */
public record ProtocolError(String code, String message, String detail) {}
