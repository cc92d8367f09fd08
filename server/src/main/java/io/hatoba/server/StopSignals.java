package io.hatoba.server;

import io.quarkus.runtime.Quarkus;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/**
 * SIGTERM and SIGINT: the first one stops the server gracefully and the process ends with 0, a
 * second one ends the process at once.
 *
 * <p>The JDK alone would end with 143 and take no second signal while it waits. {@code
 * sun.misc.Signal} is the only way to hear signals; it is called by reflection since the compiler
 * has a warning for it that cannot be switched off.
 */
final class StopSignals {
  private static final Logger LOG = Logger.getLogger(StopSignals.class);
  private static final AtomicLong FIRST = new AtomicLong();

  /**
   * A signal to a process group reaches this process twice: by itself and passed on by
   * script/server. The echo is not a second wish.
   */
  private static final long ECHO = TimeUnit.SECONDS.toNanos(1);

  /** As a shell reports a process that a signal ended: 128 and the number of SIGTERM. */
  private static final int KILLED = 128 + 15;

  private StopSignals() {}

  static void install() {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      InvocationHandler stop =
          (_, _, _) -> {
            received();
            return null;
          };
      Object proxy =
          Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, stop);
      for (String name : List.of("TERM", "INT")) {
        signal
            .getMethod("handle", signal, handler)
            .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
      }
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      LOG.warn("failed to listen for signals, a stop will report 143", e);
    }
  }

  private static void received() {
    long now = System.nanoTime();
    if (FIRST.compareAndSet(0, now)) {
      LOG.info("stopping, requests in flight may finish");
      Quarkus.asyncExit(0);
    } else if (now - FIRST.get() > ECHO) {
      Runtime.getRuntime().halt(KILLED);
    }
  }
}
