package io.hatoba.server.account;

import com.password4j.Argon2Function;
import com.password4j.Password;
import com.password4j.types.Argon2;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import io.hatoba.server.startup.Secret;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.Semaphore;

/**
 * Argon2id for passwords that people choose: about 50 ms of a core and 19 MiB each, so only two at
 * a time, however many ask.
 */
final class Passwords {
  private static final int LONGEST_QUEUE = 200;
  private static final int SALT_BYTES = 16;
  private static final Argon2Function COST =
      Argon2Function.getInstance(19_456, 2, 1, 32, Argon2.ID);

  private final Semaphore slots = new Semaphore(2);
  private final String nobody = ofNoPassword();

  /** The hash in PHC form, with its salt and cost. */
  String hash(Secret password) {
    enter();
    try {
      return Password.hash(password.reveal()).addRandomSalt(SALT_BYTES).with(COST).getResult();
    } finally {
      slots.release();
    }
  }

  boolean matches(Secret password, String hash) {
    enter();
    try {
      return Password.check(password.reveal(), hash).with(Argon2Function.getInstanceFromHash(hash));
    } finally {
      slots.release();
    }
  }

  private void enter() {
    // Two at a time, 50 ms each: with more before us nobody would wait for the answer.
    if (slots.getQueueLength() > LONGEST_QUEUE) {
      throw new RefusedException(
          new Refusal.TooMany(
              "too many people are signing in right now; try again in a few seconds",
              Duration.ofSeconds(5)));
    }
    slots.acquireUninterruptibly();
  }

  /** Random bytes in the form of a hash: a real one would take its time at every start. */
  static String ofNoPassword() {
    Base64.Encoder base64 = Base64.getEncoder().withoutPadding();
    byte[] salt = new byte[SALT_BYTES];
    byte[] hash = new byte[COST.getOutputLength()];
    SecureRandom random = new SecureRandom();
    random.nextBytes(salt);
    random.nextBytes(hash);
    return "$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s"
        .formatted(
            COST.getVersion(),
            COST.getMemory(),
            COST.getIterations(),
            COST.getParallelism(),
            base64.encodeToString(salt),
            base64.encodeToString(hash));
  }

  /** Whether a hash has the cost that new ones have. */
  boolean isOfToday(String hash) {
    return Argon2Function.getInstanceFromHash(hash).equals(COST);
  }

  /** Takes the time of a check where there is nothing to check against. False. */
  boolean matchesNobody(Secret password) {
    return matches(password, nobody);
  }
}
