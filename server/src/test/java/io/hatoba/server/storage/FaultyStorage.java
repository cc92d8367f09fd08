package io.hatoba.server.storage;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A real {@link Storage} in front of which calls fail as a plan says: with an error of the device
 * or a full disk, before or after the effect, or in the middle of it.
 *
 * <pre>
 * FaultyStorage storage = new FaultyStorage(FileStorage.open(dir));
 * storage.plan(Fault.Plan.once(Fault.Call.FINISH, 0, Fault.after()));   // the first finish "fails"
 * storage.plan(Fault.Plan.always(Fault.Call.WRITE, Fault.full(4096)));  // the disk is full
 * storage.plan(Fault.Plan.random(new Random(seed), 50));                // one call in fifty
 * storage.plan(Fault.Plan.NONE);                                        // space is back
 * assertThat(storage.openHandles()).isEmpty();                          // at the end of each test
 * </pre>
 *
 * <p>A plan counts the calls of each kind from the moment it is set. {@link #delivery} does no I/O
 * and never fails; closing never fails.
 */
public final class FaultyStorage implements Storage {
  private final Storage real;
  private final Set<Object> open = ConcurrentHashMap.newKeySet();
  private volatile Script script = new Script(Fault.Plan.NONE);

  public FaultyStorage(Storage real) {
    this.real = real;
  }

  /** From now on calls fail as this plan says. */
  public void plan(Fault.Plan plan) {
    script = new Script(plan);
  }

  /** How many faults happened since the plan was set. */
  public long faults() {
    return script.faults.get();
  }

  /** How many calls of this kind there were since the plan was set. */
  public long calls(Fault.Call call) {
    return script.count(call).get();
  }

  /** Writers and streams that were opened and not closed. */
  public List<Object> openHandles() {
    return List.copyOf(open);
  }

  @Override
  public ObjectWriter create(ObjectKey key) throws IOException {
    return guarded(Fault.Call.CREATE, () -> writer(key, real.create(key)), ObjectWriter::close);
  }

  @Override
  public ObjectWriter resume(ObjectKey key, WriteState state) throws IOException {
    return guarded(
        Fault.Call.RESUME, () -> writer(key, real.resume(key, state)), ObjectWriter::close);
  }

  @Override
  public InputStream read(ObjectKey key, long offset, long length) throws IOException {
    Optional<Fault> fault = script.next(Fault.Call.READ);
    if (fault.isEmpty()) {
      return new Stream(key, real.read(key, offset, length), Long.MAX_VALUE);
    }
    if (fault.get() instanceof Fault.Partial(long bytes, boolean _)) {
      return new Stream(key, real.read(key, offset, length), bytes);
    }
    throw failure(fault.get(), Fault.Call.READ);
  }

  @Override
  public Delivery delivery(ObjectKey key) {
    return real.delivery(key);
  }

  @Override
  public void delete(ObjectKey key) throws IOException {
    guarded(
        Fault.Call.DELETE,
        () -> {
          real.delete(key);
          return key;
        },
        _ -> {});
  }

  @Override
  public List<Listed> list(Optional<ObjectKey> after, int limit) throws IOException {
    return guarded(Fault.Call.LIST, () -> real.list(after, limit), _ -> {});
  }

  private ObjectWriter writer(ObjectKey key, ObjectWriter writer) {
    return new Writer(key, writer);
  }

  private <T> T guarded(Fault.Call call, Action<T> action, Undo<T> undo) throws IOException {
    Optional<Fault> fault = script.next(call);
    if (fault.isEmpty()) {
      return action.run();
    }
    if (fault.get() instanceof Fault.After) {
      undo.run(action.run()); // the caller gets no handle, so it must not stay open
    }
    throw failure(fault.get(), call);
  }

  private static IOException failure(Fault fault, Fault.Call call) {
    boolean full =
        switch (fault) {
          case Fault.Before(boolean told) -> told;
          case Fault.After(boolean told) -> told;
          case Fault.Partial(long _, boolean told) -> told;
        };
    IOException planned = new IOException("planned fault in " + call);
    return full ? new StorageFullException("planned full disk in " + call, planned) : planned;
  }

  @FunctionalInterface
  private interface Action<T> {
    T run() throws IOException;
  }

  @FunctionalInterface
  private interface Undo<T> {
    void run(T result) throws IOException;
  }

  /** A plan and how far it has come. */
  private static final class Script {
    private final Fault.Plan plan;
    private final Map<Fault.Call, AtomicLong> counts = new EnumMap<>(Fault.Call.class);
    private final AtomicLong faults = new AtomicLong();

    Script(Fault.Plan plan) {
      this.plan = plan;
      for (Fault.Call call : Fault.Call.values()) {
        counts.put(call, new AtomicLong());
      }
    }

    AtomicLong count(Fault.Call call) {
      return counts.computeIfAbsent(call, _ -> new AtomicLong());
    }

    Optional<Fault> next(Fault.Call call) {
      Optional<Fault> fault = plan.next(call, count(call).getAndIncrement());
      fault.ifPresent(_ -> faults.incrementAndGet());
      return fault;
    }
  }

  private final class Writer implements ObjectWriter {
    private final ObjectKey key;
    private final ObjectWriter writer;

    Writer(ObjectKey key, ObjectWriter writer) {
      this.key = key;
      this.writer = writer;
      open.add(this);
    }

    @Override
    public long size() {
      return writer.size();
    }

    @Override
    public void write(ByteBuffer... buffers) throws IOException {
      Optional<Fault> fault = script.next(Fault.Call.WRITE);
      if (fault.isEmpty()) {
        writer.write(buffers);
        return;
      }
      switch (fault.get()) {
        case Fault.Before _ -> {}
        case Fault.After _ -> writer.write(buffers);
        case Fault.Partial(long bytes, boolean _) -> writer.write(first(bytes, buffers));
      }
      throw failure(fault.get(), Fault.Call.WRITE);
    }

    @Override
    public WriteState checkpoint() throws IOException {
      return guarded(Fault.Call.CHECKPOINT, writer::checkpoint, _ -> {});
    }

    @Override
    public void finish() throws IOException {
      guarded(
          Fault.Call.FINISH,
          () -> {
            writer.finish();
            return key;
          },
          _ -> {});
    }

    @Override
    public void close() throws IOException {
      open.remove(this);
      writer.close();
    }

    @Override
    public String toString() {
      return "writer of " + key;
    }
  }

  private static ByteBuffer[] first(long bytes, ByteBuffer... buffers) {
    List<ByteBuffer> part = new ArrayList<>();
    long left = bytes;
    for (ByteBuffer buffer : buffers) {
      int taken = (int) Math.min(left, buffer.remaining());
      part.add(buffer.slice(buffer.position(), taken));
      left -= taken;
    }
    return part.toArray(ByteBuffer[]::new);
  }

  private final class Stream extends FilterInputStream {
    private final ObjectKey key;
    private long left;

    Stream(ObjectKey key, InputStream real, long left) {
      super(real);
      this.key = key;
      this.left = left;
      open.add(this);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (left == 0) {
        throw new IOException("planned fault in READ");
      }
      int read = in.read(target, offset, (int) Math.min(left, length));
      left -= Math.max(0, read);
      return read;
    }

    @Override
    public void close() throws IOException {
      open.remove(this);
      in.close();
    }

    @Override
    public String toString() {
      return "stream of " + key;
    }
  }
}
