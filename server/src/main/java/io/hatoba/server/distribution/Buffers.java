package io.hatoba.server.distribution;

import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;

/** Buffers that share memory instead of copying it. */
@SuppressWarnings("deprecation") // the only way to the memory behind a Vert.x 4 buffer
final class Buffers {
  private Buffers() {}

  /** Bytes that nobody will change, as a buffer over the same array. */
  static Buffer sharing(byte[] bytes, int offset, int length) {
    return Buffer.buffer(Unpooled.wrappedBuffer(bytes, offset, length));
  }

  /** The content of a buffer, over the same memory. */
  static ByteBuffer shared(Buffer buffer) {
    return buffer.getByteBuf().nioBuffer();
  }
}
