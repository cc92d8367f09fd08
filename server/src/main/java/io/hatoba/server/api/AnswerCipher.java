package io.hatoba.server.api;

import io.hatoba.server.account.ServerKeys;
import io.hatoba.server.startup.Secret;
import jakarta.inject.Singleton;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * How stored answers rest: AES-256-GCM under a key of the server, bound to their row.
 *
 * <pre>
 * 1 | nonce (12 bytes) | ciphertext and tag
 * </pre>
 */
@Singleton
class AnswerCipher {
  private static final byte VERSION = 1;
  private static final int NONCE = 12;
  private static final int TAG_BITS = 128;

  private final ServerKeys keys;
  private final SecureRandom random = new SecureRandom();

  AnswerCipher(ServerKeys keys) {
    this.keys = keys;
  }

  /** Encrypts a text; only who knows what it is associated with can open it. */
  Sealed seal(String text, String associated) {
    byte[] nonce = new byte[NONCE];
    random.nextBytes(nonce);
    try {
      byte[] sealed =
          cipher(Cipher.ENCRYPT_MODE, nonce, associated)
              .doFinal(text.getBytes(StandardCharsets.UTF_8));
      return new Sealed(
          ByteBuffer.allocate(1 + NONCE + sealed.length)
              .put(VERSION)
              .put(nonce)
              .put(sealed)
              .array());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Decrypts. */
  String open(Sealed sealed, String associated) {
    ByteBuffer bytes = ByteBuffer.wrap(sealed.bytes());
    if (bytes.remaining() <= 1 + NONCE || bytes.get() != VERSION) {
      throw new IllegalStateException("a stored answer is not of this form");
    }
    byte[] nonce = new byte[NONCE];
    bytes.get(nonce);
    byte[] text = new byte[bytes.remaining()];
    bytes.get(text);
    try {
      return new String(
          cipher(Cipher.DECRYPT_MODE, nonce, associated).doFinal(text), StandardCharsets.UTF_8);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a stored answer cannot be decrypted", e);
    }
  }

  /**
   * The HMAC-SHA-256 of parts, in hexadecimal. A plain hash would let who reads the database guess
   * a password that was part of a request.
   */
  String fingerprint(byte[]... parts) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key("idempotency-fingerprint", "HmacSHA256"));
      for (byte[] part : parts) {
        mac.update(ByteBuffer.allocate(Integer.BYTES).putInt(part.length).array());
        mac.update(part);
      }
      return HexFormat.of().formatHex(mac.doFinal());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private Cipher cipher(int mode, byte[] nonce, String associated) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key("idempotency-answer", "AES"), new GCMParameterSpec(TAG_BITS, nonce));
    cipher.updateAAD(associated.getBytes(StandardCharsets.UTF_8));
    return cipher;
  }

  private SecretKeySpec key(String purpose, String algorithm) {
    return new SecretKeySpec(
        Base64.getDecoder().decode(keys.key(purpose, this::fresh).reveal()), algorithm);
  }

  private Secret fresh() {
    byte[] material = new byte[32];
    random.nextBytes(material);
    return new Secret(Base64.getEncoder().encodeToString(material));
  }

  /** What rests in the database. */
  static final class Sealed {
    private final byte[] bytes;

    Sealed(byte[] bytes) {
      this.bytes = bytes.clone();
    }

    byte[] bytes() {
      return bytes.clone();
    }
  }
}
