package io.hatoba.client;

import io.hatoba.oci.Digest;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One push of one blob. After a failure it asks whether the registry has the blob (the answer to
 * the last request may be what was lost), then how far the upload is, and goes on there; an upload
 * that is gone, or that got nowhere, is started anew. It gives up after as many failures in a row
 * without progress as {@link Retries#attempts()} says, where less than a mebibyte is none.
 */
final class BlobPush {
  private static final long PROGRESS = 1024 * 1024;

  private final Transport transport;
  private final RemoteBlobs blobs;
  private final Digest digest;
  private final BlobSource source;
  private final PushStyle style;
  private @Nullable UploadSession session;
  private boolean finishing;
  private int failures;
  private long offsetOfFailure;

  BlobPush(
      Transport transport, RemoteBlobs blobs, Digest digest, BlobSource source, PushStyle style) {
    this.transport = transport;
    this.blobs = blobs;
    this.digest = digest;
    this.source = source;
    this.style = style;
  }

  void run() throws IOException {
    try {
      boolean done = false;
      while (!done) {
        done = attempt();
      }
    } catch (IOException | RuntimeException e) {
      cancelAfter(e);
      throw e;
    }
  }

  /** Returns whether the registry has the blob. */
  private boolean attempt() throws IOException {
    UploadSession current = open();
    try {
      return step(current);
    } catch (ConnectionFailedException e) {
      return recover(current, e, Optional.empty());
    } catch (RegistryException e) {
      if (!mayGoOn(e)) {
        throw e;
      }
      return recover(current, e, e.retryAfter());
    }
  }

  private boolean step(UploadSession current) throws IOException {
    long offset = current.offset();
    long left = source.size() - offset;
    finishing = left == 0;
    if (finishing) {
      current.finish(digest);
      return true;
    }
    long chunk =
        switch (style) {
          case PushStyle.Monolithic() -> left;
          case PushStyle.Chunked(long size) ->
              Math.min(left, Math.max(size, current.smallestChunk()));
        };
    if (chunk == left && offset == 0) {
      finishing = true;
      current.finish(digest, source, 0);
      return true;
    }
    current.append(source, offset, chunk);
    return false;
  }

  private boolean recover(UploadSession current, IOException failure, Optional<Duration> retryAfter)
      throws IOException {
    Retries retries = transport.retries();
    failures = current.offset() - offsetOfFailure >= PROGRESS ? 1 : failures + 1;
    offsetOfFailure = current.offset();
    if (failures >= retries.attempts()) {
      throw failure;
    }
    transport.resender().pause(retries.waitAfter(failures, retryAfter));
    if (finishing && blobs.size(digest).isPresent()) {
      return true;
    }
    boolean alive = current.refresh();
    if (!alive) {
      session = null;
    } else if (current.offset() == 0 || current.offset() > source.size()) {
      // Nothing to go on with; and 0-0 may also mean one byte, which only a new upload gets rid of.
      current.cancel();
      session = null;
    }
    return false;
  }

  /** 404 is an upload that the registry forgot, 416 one that is not where we think it is. */
  private static boolean mayGoOn(RegistryException e) {
    return e.reason() == RegistryException.Reason.REFUSED
        && (Retries.isTransient(e.status()) || e.status() == 404 || e.status() == 416);
  }

  private UploadSession open() throws IOException {
    UploadSession current = session;
    if (current == null) {
      current = blobs.startUpload(digest.algorithm());
      session = current;
    }
    return current;
  }

  private void cancelAfter(Exception failure) {
    UploadSession current = session;
    if (current == null || !(failure instanceof RegistryException)) {
      // Without an answer to the push there is little hope for one to this; the registry lets
      // abandoned uploads expire.
      return;
    }
    try {
      current.cancel();
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }
}
