package io.hatoba.server.outbound;

import io.hatoba.server.startup.StartupException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collection;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Which authorities are trusted: those of the Java runtime, and those of one file. */
final class Trust {
  private Trust() {}

  /**
   * Those of the runtime and of a PEM file.
   *
   * @throws StartupException if the file cannot be used
   */
  static TrustManagerFactory with(Path caFile) {
    try (InputStream pem = Files.newInputStream(caFile)) {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int count = 0;
      for (X509Certificate known : ofTheRuntime()) {
        store.setCertificateEntry("runtime-" + count++, known);
      }
      Collection<? extends Certificate> given =
          CertificateFactory.getInstance("X.509").generateCertificates(pem);
      if (given.isEmpty()) {
        throw new CertificateException("no certificate in it");
      }
      for (Certificate certificate : given) {
        store.setCertificateEntry("given-" + count++, certificate);
      }
      return factory(store);
    } catch (IOException | GeneralSecurityException e) {
      throw new StartupException(
          "hatoba.outbound.ca-file: %s cannot be read as certificates in PEM form."
              .formatted(caFile),
          e);
    }
  }

  private static X509Certificate[] ofTheRuntime() throws GeneralSecurityException {
    return Arrays.stream(factory(null).getTrustManagers())
        .filter(X509TrustManager.class::isInstance)
        .map(manager -> ((X509TrustManager) manager).getAcceptedIssuers())
        .findFirst()
        .orElseThrow();
  }

  private static TrustManagerFactory factory(@Nullable KeyStore store)
      throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory;
  }
}
