package io.hatoba.server.distribution;

import io.hatoba.oci.Digest;
import io.hatoba.oci.MediaTypes;
import io.hatoba.server.account.AccessKey;
import io.hatoba.server.account.AccessKeys;
import io.hatoba.server.account.Account;
import io.hatoba.server.account.Accounts;
import io.hatoba.server.account.Grants;
import io.hatoba.server.account.LastUses;
import io.hatoba.server.account.Role;
import io.hatoba.server.account.ServerKeys;
import io.hatoba.server.account.Standings;
import io.hatoba.server.auth.AuthConfig;
import io.hatoba.server.auth.Authenticator;
import io.hatoba.server.auth.Challenge;
import io.hatoba.server.auth.LoginBrake;
import io.hatoba.server.auth.Logins;
import io.hatoba.server.auth.SignIns;
import io.hatoba.server.auth.TokenIssuer;
import io.hatoba.server.auth.TokenRoutes;
import io.hatoba.server.auth.Tokens;
import io.hatoba.server.content.ArtifactRemoval;
import io.hatoba.server.content.BlobBytes;
import io.hatoba.server.content.Blobs;
import io.hatoba.server.content.ContentConfig;
import io.hatoba.server.content.ContentIo;
import io.hatoba.server.content.Events;
import io.hatoba.server.content.Manifests;
import io.hatoba.server.content.ObjectRemovals;
import io.hatoba.server.content.PullGate;
import io.hatoba.server.content.Pulls;
import io.hatoba.server.content.ReclaimConfig;
import io.hatoba.server.content.Referrers;
import io.hatoba.server.content.Repositories;
import io.hatoba.server.content.Tags;
import io.hatoba.server.content.Trash;
import io.hatoba.server.content.UndoConfig;
import io.hatoba.server.content.Uploads;
import io.hatoba.server.content.Usage;
import io.hatoba.server.content.UsageLedger;
import io.hatoba.server.database.Database;
import io.hatoba.server.database.Ids;
import io.hatoba.server.database.TestDatabases;
import io.hatoba.server.endpoint.EndpointConfig;
import io.hatoba.server.endpoint.Endpoints;
import io.hatoba.server.registry.AccessVersion;
import io.hatoba.server.registry.Registries;
import io.hatoba.server.registry.RegistryName;
import io.hatoba.server.startup.NodeId;
import io.hatoba.server.storage.FileStorage;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A registry in this process: the protocol's routes over the real content, auth, SQLite and files,
 * on a free port. It has the registries {@code team} and {@code other}, which nobody may pull from
 * without a key, and {@code open}, which everybody may. Its folder can be opened again.
 */
public final class RegistryFixture implements AutoCloseable {
  private static final Pattern TOKEN = Pattern.compile("\"token\":\"([^\"]+)\"");

  public final Repositories repositories;
  public final Uploads uploads;
  public final Usage usage;
  public final Pulls pulls;
  public final Database database;
  public final Accounts accounts;
  public final Grants grants;
  public final AccessKeys keys;
  public final Registries registries;

  private final ContentIo io;
  private final Vertx vertx;
  private final HttpServer server;
  private final HttpClient client;
  private final String admin;
  private volatile boolean stopping;

  private RegistryFixture(
      Path folder, Map<String, String> settings, List<PullGate> gates, InstantSource clock) {
    Ids ids = Ids.random(clock);
    database = TestDatabases.sqlite(folder);
    AccessVersion version = new AccessVersion(database);
    Events events = new Events(database);
    UsageLedger ledger = new UsageLedger(database, clock);
    usage = new Usage(database, ledger, events, clock);
    registries = new Registries(database, version, usage, ids, clock);
    accounts = new Accounts(database, version, ids, clock);
    grants = new Grants(database, version, registries, clock);
    ServerKeys serverKeys = new ServerKeys(database, clock);
    keys = new AccessKeys(database, version, serverKeys, clock);
    Standings standings = new Standings(database);
    AuthConfig authConfig = config(AuthConfig.class, settings);
    Tokens tokens = new Tokens(serverKeys, authConfig, clock);
    Logins logins =
        new Logins(
            keys,
            standings,
            new LastUses(database, clock),
            new LoginBrake(clock),
            new SignIns(List.of(), clock),
            clock);
    Authenticator authenticator =
        new Authenticator(tokens, logins, standings, registries, version, clock);
    Endpoints endpoints = new Endpoints(config(EndpointConfig.class, settings));
    Challenge challenge = new Challenge(authConfig);
    TokenIssuer issuer = new TokenIssuer(logins, tokens, registries, version);

    FileStorage storage = FileStorage.open(made(folder.resolve("objects")));
    ContentConfig contentConfig = config(ContentConfig.class, settings);
    ObjectRemovals removals = new ObjectRemovals(database, storage, clock);
    io = new ContentIo();
    pulls = new Pulls(database, clock);
    repositories = new Repositories(database, ledger, ids, clock);
    Blobs blobs =
        new Blobs(
            database,
            removals,
            ledger,
            contentConfig,
            config(ReclaimConfig.class, settings),
            clock);
    uploads =
        new Uploads(
            database,
            storage,
            blobs,
            removals,
            ledger,
            io,
            contentConfig,
            new NodeId("test"),
            clock);
    Trash trash = new Trash(database, ids, config(UndoConfig.class, settings), clock);
    Tags tags = new Tags(database, events, ledger, trash, clock, List.of());
    Manifests manifests =
        new Manifests(
            database,
            blobs,
            tags,
            events,
            new BlobBytes(blobs, storage, io),
            ledger,
            contentConfig,
            clock);

    DistributionConfig config = config(DistributionConfig.class, settings);
    UploadSlots slots = new UploadSlots(config);
    Access access = new Access(authenticator, endpoints, repositories, uploads);
    DistributionRoutes routes =
        new DistributionRoutes(
            new BaseRoutes(access),
            new CatalogRoutes(access, repositories, config),
            new ExtensionRoutes(access),
            new BlobRoutes(access, repositories, blobs, new BlobSender(storage)),
            new BlobUploadRoutes(access, repositories, blobs, uploads, slots, config),
            new ManifestRoutes(
                access,
                repositories,
                manifests,
                new ArtifactRemoval(database, manifests, tags, blobs, events, trash, ledger, clock),
                tags,
                new PullGates(gates),
                pulls,
                List.of(),
                new ManifestBodies(slots, config),
                config),
            new TagRoutes(access, repositories, tags, config),
            new ReferrerRoutes(access, repositories, new Referrers(database), config),
            access,
            new Refusals(endpoints, challenge),
            slots);

    vertx = Vertx.vertx();
    Router router = Router.router(vertx);
    routes.register(router);
    new TokenRoutes(issuer, endpoints, challenge, authConfig).register(router);
    server =
        vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setHost("127.0.0.1")
                    .setPort(0)
                    .setMaxInitialLineLength(16 * 1024)
                    .setMaxHeaderSize(20 * 1024)
                    .setMaxChunkSize(64 * 1024))
            .requestHandler(
                request -> {
                  if (stopping) { // as Quarkus does it, before every route
                    request.response().headers().add("connection", "close");
                  }
                  router.handle(request);
                })
            .listen()
            .toCompletionStage()
            .toCompletableFuture()
            .join();
    client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    for (String name : List.of("team", "other", "open")) {
      if (registries.find(RegistryName.parse(name)).isEmpty()) {
        registries.create(
            RegistryName.parse(name), new Registries.Settings(name.equals("open"), ""));
      }
    }
    admin =
        accounts.find("admin").isPresent()
            ? newKey(accounts.find("admin").orElseThrow())
            : login("admin", Role.SERVICE_ADMIN, Optional.empty());
  }

  /** Starts a registry on this folder, or goes on with what is there. */
  public static RegistryFixture start(Path folder) {
    return start(folder, Map.of());
  }

  /** Starts a registry with these settings, for example {@code hatoba.content.inline-blob-size}. */
  public static RegistryFixture start(Path folder, Map<String, String> settings) {
    return start(folder, settings, InstantSource.system());
  }

  /** Starts a registry that lives in this time. */
  public static RegistryFixture start(
      Path folder, Map<String, String> settings, InstantSource clock) {
    return new RegistryFixture(folder, settings, List.of(), clock);
  }

  /** Starts a registry whose pulls these gates are asked about. */
  static RegistryFixture gated(Path folder, PullGate gate) {
    return new RegistryFixture(folder, Map.of(), List.of(gate), InstantSource.system());
  }

  /** From now on connections end with their next answer. */
  void beginToStop() {
    stopping = true;
  }

  public int port() {
    return server.actualPort();
  }

  public URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port() + path);
  }

  /** The {@code Authorization} header of somebody who may do everything. */
  public String admin() {
    return admin;
  }

  /** Makes an account with a role, and returns the header of its key. */
  public String login(String name, Role role, Optional<String> registry) {
    Account account = accounts.create(name, Optional.empty());
    grants.give(
        account.principal(),
        role,
        registry.map(text -> registries.find(RegistryName.parse(text)).orElseThrow().id()));
    return newKey(account);
  }

  private String newKey(Account account) {
    AccessKey.Issued issued = keys.create(account, AccessKey.Settings.PLAIN, "127.0.0.1");
    return "Basic "
        + Base64.getEncoder()
            .encodeToString(
                (issued.key().id() + ":" + issued.secret().reveal())
                    .getBytes(StandardCharsets.UTF_8));
  }

  /** Fetches a token for these scopes, and returns the header; anonymous without a login. */
  public String token(Optional<String> login, String... scopes) {
    String query = "service=hatoba&scope=" + String.join("&scope=", scopes);
    HttpResponse<byte[]> answer =
        send(login.orElse(""), "GET", "/token?" + query, BodyPublishers.noBody());
    Matcher token = TOKEN.matcher(text(answer));
    if (!token.find()) {
      throw new AssertionError(answer + " " + text(answer));
    }
    return "Bearer " + token.group(1);
  }

  /** Sends a request as {@link #admin}. */
  public HttpResponse<byte[]> send(String method, String path, String... headers) {
    return send(admin, method, path, BodyPublishers.noBody(), headers);
  }

  /** Sends a request with a body as {@link #admin}. */
  public HttpResponse<byte[]> send(String method, String path, byte[] body, String... headers) {
    return send(admin, method, path, BodyPublishers.ofByteArray(body), headers);
  }

  /**
   * Sends a request.
   *
   * @param authorization the header; empty for none
   * @param headers names and values, one after the other
   */
  public HttpResponse<byte[]> send(
      String authorization, String method, String path, BodyPublisher body, String... headers) {
    URI target = path.startsWith("http") ? URI.create(path) : uri(path);
    HttpRequest.Builder request = HttpRequest.newBuilder(target).method(method, body);
    if (!authorization.isEmpty()) {
      request.header("Authorization", authorization);
    }
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      return client.send(request.build(), BodyHandlers.ofByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** A body without a stated length. */
  public static BodyPublisher chunked(byte[] body) {
    return BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body));
  }

  /**
   * Sends these bytes over a connection of their own and returns all that comes until it closes.
   */
  public String raw(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      InputStream answer = socket.getInputStream();
      return new String(answer.readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  /** Pushes a blob in one request and returns its digest. */
  public Digest pushBlob(String repository, byte[] content) {
    Digest digest = Digest.sha256(content);
    HttpResponse<byte[]> answer =
        send("POST", "/v2/" + repository + "/blobs/uploads/?digest=" + digest, content);
    if (answer.statusCode() != 201) {
      throw new AssertionError(answer + " " + text(answer));
    }
    return digest;
  }

  /** Pushes an image with an empty config and this layer, and returns the manifest's bytes. */
  public byte[] pushImage(String repository, String tag, byte[] layer) {
    byte[] config = "{}".getBytes(StandardCharsets.UTF_8);
    byte[] manifest =
        """
        {"schemaVersion":2,"mediaType":"%s",
         "config":{"mediaType":"%s","digest":"%s","size":2},
         "layers":[{"mediaType":"%s","digest":"%s","size":%d}]}
        """
            .formatted(
                MediaTypes.OCI_MANIFEST,
                MediaTypes.OCI_CONFIG,
                pushBlob(repository, config),
                MediaTypes.OCI_LAYER,
                pushBlob(repository, layer),
                layer.length)
            .getBytes(StandardCharsets.UTF_8);
    HttpResponse<byte[]> answer = pushManifest(repository, tag, manifest);
    if (answer.statusCode() != 201) {
      throw new AssertionError(answer + " " + text(answer));
    }
    return manifest;
  }

  /** Pushes a manifest as an OCI image. */
  public HttpResponse<byte[]> pushManifest(
      String repository, String reference, byte[] manifest, String... headers) {
    String[] all = Arrays.copyOf(headers, headers.length + 2);
    all[headers.length] = "Content-Type";
    all[headers.length + 1] = MediaTypes.OCI_MANIFEST;
    return send("PUT", "/v2/" + repository + "/manifests/" + reference, manifest, all);
  }

  public static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }

  public static String header(HttpResponse<byte[]> answer, String name) {
    return answer.headers().firstValue(name).orElse("");
  }

  static <T> T config(Class<T> mapping, Map<String, String> settings) {
    return new SmallRyeConfigBuilder()
        .addDiscoveredConverters()
        .withMapping(mapping)
        .withMappingIgnore("**")
        .withDefaultValues(settings)
        .build()
        .getConfigMapping(mapping);
  }

  private static Path made(Path folder) {
    try {
      return Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    client.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
    io.close();
    database.close();
  }
}
