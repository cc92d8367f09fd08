package io.hatoba.server.federation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.hatoba.server.permission.Permission;
import io.hatoba.server.rest.IfMatch;
import io.hatoba.server.rest.Page;
import io.hatoba.server.rest.Paging;
import io.hatoba.server.rest.Patch;
import io.hatoba.server.rest.Requester;
import io.hatoba.server.rest.Requires;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBodySchema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponseSchema;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/v1/federation/issuers}: the issuers whose tokens are exchanged for keys ({@code
 * federation:read}, {@code federation:write}). FEATURES B3.
 */
@Path("/api/v1/federation/issuers")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public final class FederationIssuerResource {
  private final TrustedIssuers issuers;
  private final Requester requester;

  @Inject
  FederationIssuerResource(TrustedIssuers issuers, Requester requester) {
    this.issuers = issuers;
    this.requester = requester;
  }

  /** Trusts one more: 201, 409 if its name or address is there already. */
  @POST
  @Requires(Permission.FEDERATION_WRITE)
  @Operation(
      summary = "Trust an issuer",
      description =
          "Jobs with an identity token of this issuer get a short-lived access key of the service"
              + " account that the first matching rule names; nobody names one that may more than"
              + " himself. Claims are matched by patterns:"
              + " `*` any text without a slash, `**` any text, `?`, `{a,b}`.")
  @APIResponseSchema(
      value = ShownFederationIssuer.class,
      responseCode = "201",
      responseDescription = "What was made.")
  public Response create(@Nullable NewFederationIssuer body) {
    NewFederationIssuer wanted =
        body == null ? new NewFederationIssuer(null, null, null, null, null) : body;
    TrustedIssuer made =
        issuers.create(
            wanted.issuer() == null ? "" : wanted.issuer(),
            new TrustedIssuers.Settings(
                wanted.name(), wanted.audience(), wanted.jwksUri(), wanted.rules()),
            requester.detached());
    return tagged(Response.status(Response.Status.CREATED), made)
        .header(HttpHeaders.LOCATION, "/api/v1/federation/issuers/" + made.id())
        .build();
  }

  /** Lists them by name. */
  @GET
  @Requires(Permission.FEDERATION_READ)
  @Operation(summary = "List trusted issuers", description = "In the order of their names.")
  public Page<ShownFederationIssuer> list(@BeanParam Paging paging) {
    List<TrustedIssuer> found = issuers.page(paging.after(1).map(List::getFirst), paging.fetch());
    return paging.page(found, ShownFederationIssuer::of, issuer -> List.of(issuer.name()));
  }

  /** Shows one. */
  @GET
  @Path("{id}")
  @Requires(Permission.FEDERATION_READ)
  @Operation(summary = "Show a trusted issuer", description = "With its rules, in order.")
  @APIResponseSchema(
      value = ShownFederationIssuer.class,
      responseCode = "200",
      responseDescription = "As it is now.")
  public Response get(@PathParam("id") String id) {
    return tagged(Response.ok(), issuers.get(number(id))).build();
  }

  /** Changes one. */
  @PATCH
  @Path("{id}")
  @Consumes({MediaType.APPLICATION_JSON, "application/merge-patch+json"})
  @Requires(Permission.FEDERATION_WRITE)
  @Operation(
      summary = "Change a trusted issuer",
      description =
          "A merge patch of name, audience, jwksUri and rules; rules are replaced as a whole."
              + " `If-Match` is required. The issuer's address cannot be changed: trust another.")
  @APIResponseSchema(
      value = ShownFederationIssuer.class,
      responseCode = "200",
      responseDescription = "As it is now.")
  @RequestBodySchema(NewFederationIssuer.class)
  public Response update(
      @PathParam("id") String id, @BeanParam IfMatch condition, @Nullable JsonNode changes) {
    return tagged(
            Response.ok(),
            issuers.update(
                number(id),
                new Patch(changes == null ? NullNode.getInstance() : changes, condition.required()),
                requester.detached()))
        .build();
  }

  /** Trusts one no longer. */
  @DELETE
  @Path("{id}")
  @Requires(Permission.FEDERATION_WRITE)
  @Operation(
      summary = "Stop trusting an issuer",
      description = "Keys that were given for its tokens work until they expire, an hour at most.")
  public void delete(@PathParam("id") String id) {
    issuers.delete(number(id));
  }

  /** No row has the id 0. */
  private static long number(String id) {
    return id.matches("[0-9]{1,18}") ? Long.parseLong(id) : 0;
  }

  private static Response.ResponseBuilder tagged(
      Response.ResponseBuilder answer, TrustedIssuer issuer) {
    return answer
        .header(HttpHeaders.ETAG, IfMatch.tagOf(TrustedIssuers.Settings.of(issuer)))
        .entity(ShownFederationIssuer.of(issuer));
  }

  /** What makes an issuer trusted. */
  public record NewFederationIssuer(
      @Nullable String name,
      @Nullable String issuer,
      @Nullable String audience,
      @Nullable String jwksUri,
      @Nullable List<Rule.WantedRule> rules) {}

  /** A trusted issuer as the API shows it. */
  @Schema(name = "FederationIssuer")
  public record ShownFederationIssuer(
      String id,
      String name,
      String issuer,
      String audience,
      Optional<String> jwksUri,
      List<Rule.ShownRule> rules,
      Instant createdAt,
      Instant updatedAt) {
    public ShownFederationIssuer {
      rules = List.copyOf(rules);
    }

    static ShownFederationIssuer of(TrustedIssuer issuer) {
      return new ShownFederationIssuer(
          Long.toString(issuer.id()),
          issuer.name(),
          issuer.issuer(),
          issuer.audience(),
          issuer.jwksUri().map(URI::toString),
          issuer.rules().stream().map(Rule.ShownRule::of).toList(),
          issuer.createdAt(),
          issuer.updatedAt());
    }
  }
}
