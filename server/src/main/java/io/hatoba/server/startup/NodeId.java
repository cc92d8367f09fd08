package io.hatoba.server.startup;

/**
 * Names this server among those that share a database, also after a restart: what it had claimed
 * before is its own.
 *
 * @param value random, kept in the data folder
 */
public record NodeId(String value) {}
