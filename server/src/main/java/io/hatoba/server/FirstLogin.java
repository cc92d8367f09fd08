package io.hatoba.server;

import io.hatoba.server.account.Bootstrap;
import io.hatoba.server.startup.Secret;

/**
 * The text that the first start shows, once: what was made, and the commands to log in and push.
 */
final class FirstLogin {
  private FirstLogin() {}

  /**
   * The text.
   *
   * @param address host and port as this machine reaches them
   */
  static String text(Bootstrap.Outcome.Made made, String address) {
    String secret = made.secret().map(Secret::reveal).orElse("");
    String login =
        "docker login %s -u %s%s"
            .formatted(address, made.keyId(), secret.isEmpty() ? "" : " -p " + secret);
    String image = "%s/%s/alpine:1".formatted(address, made.registry());
    return """
    This is the first start on this data. Made, and shown only now:

      account     %s
      password    %s
      access key  %s
      secret      %s
      registry    %s

    Log in and push:

      %s
      docker pull alpine
      docker tag alpine %s
      docker push %s

    """
        .formatted(
            Bootstrap.ACCOUNT,
            made.password().map(Secret::reveal).orElse("(as you set it)"),
            made.keyId(),
            secret.isEmpty() ? "(as you set it)" : secret,
            made.registry(),
            login,
            image,
            image);
  }
}
