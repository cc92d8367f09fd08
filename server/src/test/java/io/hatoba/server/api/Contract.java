package io.hatoba.server.api;

import io.hatoba.server.permission.Permission;
import io.hatoba.server.rest.Access;
import io.hatoba.server.rest.Requires;
import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.Components;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.media.MediaType;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.eclipse.microprofile.openapi.models.security.SecurityScheme;
import org.jboss.jandex.AnnotationInstance;
import org.jboss.jandex.AnnotationTarget;
import org.jboss.jandex.ClassInfo;
import org.jboss.jandex.DotName;
import org.jboss.jandex.IndexView;
import org.jboss.jandex.MethodInfo;
import org.jboss.jandex.RecordComponentInfo;
import org.jboss.jandex.Type;
import org.jspecify.annotations.Nullable;

/**
 * Completes the OpenAPI document with what all operations share, so that no resource repeats it:
 * who may call, the refusals, and which fields are always there. Here and not in the server, which
 * only serves what comes of it.
 */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public final class Contract implements OASFilter {
  private static final DotName REQUIRES = DotName.createSimple(Requires.class);
  private static final DotName ACCESS = DotName.createSimple(Access.class);
  private static final DotName NULLABLE = DotName.createSimple("org.jspecify.annotations.Nullable");
  private static final DotName JSON_INCLUDE =
      DotName.createSimple("com.fasterxml.jackson.annotation.JsonInclude");
  private static final String DIGEST =
      "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

  /** What fields of these names look like. */
  private static final Map<String, String> EXAMPLES =
      Map.ofEntries(
          Map.entry("name", "team"),
          Map.entry("account", "kim"),
          Map.entry("principal", "account:kim"),
          Map.entry("actor", "account:kim"),
          Map.entry("pushedBy", "account:kim"),
          Map.entry("movedBy", "account:kim"),
          Map.entry("by", "account:kim"),
          Map.entry("serviceAccount", "ci"),
          Map.entry("email", "kim@example.com"),
          Map.entry("role", "service-viewer"),
          Map.entry("registry", "team"),
          Map.entry("image", "shop/web"),
          Map.entry("images", "ci/**"),
          Map.entry("description", "Images of the team"),
          Map.entry("password", "correct horse battery staple"),
          Map.entry("current", "correct horse battery staple"),
          Map.entry("new", "a lighthouse on the pier"),
          Map.entry("secret", "ZvxVazfJ4kEWfHSYuuUHp8ChKaExXX41"),
          Map.entry("digest", DIGEST),
          Map.entry("from", DIGEST),
          Map.entry("to", DIGEST),
          Map.entry("mediaType", "application/vnd.oci.image.manifest.v1+json"),
          Map.entry("platform", "linux/amd64"),
          Map.entry("address", "192.0.2.7"),
          Map.entry("lastUsedFrom", "192.0.2.7"),
          Map.entry("via", "HKZ4Q7M2XW9K3B5T8N6A"),
          Map.entry("action", "registry:create"),
          Map.entry("target", "registry:team"),
          Map.entry("requestId", "9b2f0f5e-60d0-4b5b-a0f1-8d4f5f8c7e11"),
          Map.entry("issuer", "https://token.actions.githubusercontent.com"),
          Map.entry("audience", "https://registry.example.com"),
          Map.entry("next", "/api/v1/registries?cursor=WyJhIl0&limit=50"));

  private static final DotName SCHEMA =
      DotName.createSimple("org.eclipse.microprofile.openapi.annotations.media.Schema");
  private static final DotName OPTIONAL = DotName.createSimple(Optional.class);
  private static final String SCHEMAS = "#/components/schemas/";
  private static final String RESPONSES = "#/components/responses/";
  private static final String BASIC = "accessKey";
  private static final String COOKIE = "session";

  private final IndexView index;

  public Contract(IndexView index) {
    this.index = index;
  }

  @Override
  public void filterOpenAPI(OpenAPI api) {
    api.setInfo(
        OASFactory.createInfo()
            .title("Hatoba management API")
            .version("1")
            .description(
                "Accounts, access keys, roles, registries, images, artifacts, tags, usage and audit of"
                    + " a Hatoba container registry. Conventions: docs/reference/api.md."));
    Components components =
        api.getComponents() == null ? OASFactory.createComponents() : api.getComponents();
    api.setComponents(components);
    components.addSecurityScheme(
        BASIC,
        OASFactory.createSecurityScheme()
            .type(SecurityScheme.Type.HTTP)
            .scheme("basic")
            .description("The id of an access key as user name, its secret as password."));
    components.addSecurityScheme(
        COOKIE,
        OASFactory.createSecurityScheme()
            .type(SecurityScheme.Type.APIKEY)
            .in(SecurityScheme.In.COOKIE)
            .name("__Host-hatoba")
            .description(
                "The console's session. Over http the cookie is named hatoba. Changes need the"
                    + " header Sec-Fetch-Site: same-origin."));
    namePages(api, components);
    requireComponents(api, components);
    if (components.getSchemas() != null) {
      components.getSchemas().values().forEach(Contract::exemplify);
    }
    describeProblems(components);
    Map<String, MethodInfo> methods = methods();
    if (api.getPaths() != null && api.getPaths().getPathItems() != null) {
      api.getPaths()
          .getPathItems()
          .values()
          .forEach(
              item ->
                  item.getOperations()
                      .forEach((verb, operation) -> complete(verb, operation, methods)));
    }
  }

  private Map<String, MethodInfo> methods() {
    Map<String, MethodInfo> methods = new TreeMap<>();
    for (DotName annotation : List.of(REQUIRES, ACCESS)) {
      for (AnnotationInstance instance : index.getAnnotations(annotation)) {
        AnnotationTarget target = instance.target();
        if (target.kind() == AnnotationTarget.Kind.METHOD) {
          MethodInfo method = target.asMethod();
          methods.put(
              method.declaringClass().name().withoutPackagePrefix() + "_" + method.name(), method);
        }
      }
    }
    return methods;
  }

  private static void complete(
      PathItem.HttpMethod verb, Operation operation, Map<String, MethodInfo> methods) {
    MethodInfo method = methods.get(String.valueOf(operation.getOperationId()));
    if (method == null) {
      return;
    }
    String resource = method.declaringClass().name().withoutPackagePrefix().replace("Resource", "");
    operation.setOperationId(
        Character.toLowerCase(resource.charAt(0)) + resource.substring(1) + "." + method.name());
    operation.setTags(List.of(resource));
    who(method, operation);
    List<String> refusals =
        new ArrayList<>(List.of("400", "401", "403", "404", "406", "429", "503"));
    if (verb != PathItem.HttpMethod.GET) {
      refusals.addAll(List.of("409", "422"));
    }
    if (operation.getRequestBody() != null) {
      refusals.addAll(List.of("413", "415"));
    }
    if (operation.getParameters() != null
        && operation.getParameters().stream()
            .map(Parameter::getName)
            .anyMatch("If-Match"::equals)) {
      refusals.addAll(List.of("412", "428"));
    }
    refusals.stream()
        .filter(status -> isBare(operation.getResponses().getAPIResponse(status)))
        .forEach(
            status ->
                operation
                    .getResponses()
                    .addAPIResponse(
                        status,
                        OASFactory.createAPIResponse().ref(RESPONSES + "Problem" + status)));
  }

  /** Quarkus puts a 400 without words beside every body. */
  private static boolean isBare(@Nullable APIResponse response) {
    return response == null || (response.getRef() == null && response.getContent() == null);
  }

  private static void who(MethodInfo method, Operation operation) {
    AnnotationInstance requires = method.annotation(REQUIRES);
    if (requires != null) {
      String permission = Permission.valueOf(requires.value().asEnum()).identifier();
      operation.addExtension("x-permission", permission);
      describe(operation, "Needs the permission `%s`.".formatted(permission));
    } else {
      switch (Access.Who.valueOf(method.annotation(ACCESS).value().asEnum())) {
        case ANYBODY -> {
          describe(operation, "For everybody.");
          return;
        }
        case SIGNED_IN ->
            describe(operation, "For everybody who is signed in or comes with an access key.");
        case OWNER ->
            describe(
                operation,
                "For everybody who is signed in or comes with an access key without scopes.");
      }
    }
    operation.addSecurityRequirement(OASFactory.createSecurityRequirement().addScheme(BASIC));
    operation.addSecurityRequirement(OASFactory.createSecurityRequirement().addScheme(COOKIE));
  }

  private static void describe(Operation operation, String sentence) {
    String before = operation.getDescription();
    operation.setDescription(
        before == null || before.isBlank() ? sentence : before.strip() + "\n\n" + sentence);
  }

  private static void describeProblems(Components components) {
    Schema field =
        OASFactory.createSchema()
            .addType(Schema.SchemaType.OBJECT)
            .addProperty("field", text("A JSON pointer into the body.", "/name"))
            .addProperty("code", text("What is wrong, for a machine.", "REQUIRED"))
            .addProperty("message", text("What is wrong, for a person.", "is missing or empty"))
            .required(List.of("field", "code", "message"));
    components.addSchema(
        "Problem",
        OASFactory.createSchema()
            .addType(Schema.SchemaType.OBJECT)
            .description("Why a request was not carried out (RFC 9457).")
            .addProperty(
                "type", text("The page that explains the code.", "/api/v1/problems/denied"))
            .addProperty("title", text("What HTTP calls the status.", "Forbidden"))
            .addProperty(
                "status",
                OASFactory.createSchema()
                    .addType(Schema.SchemaType.INTEGER)
                    .description("The status of the answer.")
                    .examples(List.of(403)))
            .addProperty("code", text("What is wrong, for a machine.", "DENIED"))
            .addProperty(
                "detail",
                text(
                    "What is wrong and what to do, for a person.",
                    "your roles do not include registry:create on the service"))
            .addProperty(
                "requestId", text("As in X-Request-Id.", "9b2f0f5e-60d0-4b5b-a0f1-8d4f5f8c7e11"))
            .addProperty(
                "errors", OASFactory.createSchema().addType(Schema.SchemaType.ARRAY).items(field))
            .required(List.of("type", "title", "status", "code", "detail", "requestId")));
    Map<String, String> refusals = new TreeMap<>();
    refusals.put(
        "400", "The request cannot be understood: no JSON, an unknown field or parameter.");
    refusals.put("401", "No credentials, or wrong ones.");
    refusals.put("403", "The caller may not: the detail names the missing permission.");
    refusals.put("404", "It does not exist, or the caller may not know of it.");
    refusals.put("406", "The operation does not answer in a media type that the caller takes.");
    refusals.put("409", "It exists already, or something uses it.");
    refusals.put("412", "It was changed meanwhile: the ETag is another one.");
    refusals.put("413", "The body is too large.");
    refusals.put("415", "The body is not of a media type that the operation takes.");
    refusals.put("422", "A field breaks a rule: `errors` names each.");
    refusals.put("428", "The operation needs If-Match.");
    refusals.put("429", "Too many requests, or too many wrong secrets.");
    refusals.put("503", "The server cannot answer now.");
    refusals.forEach(
        (status, description) -> {
          APIResponse response =
              OASFactory.createAPIResponse()
                  .description(description)
                  .content(
                      OASFactory.createContent()
                          .addMediaType(
                              Problems.PROBLEM_JSON,
                              OASFactory.createMediaType()
                                  .schema(OASFactory.createSchema().ref(SCHEMAS + "Problem"))));
          if (status.equals("429") || status.equals("503")) {
            response.addHeader(
                "Retry-After",
                OASFactory.createHeader()
                    .description("In how many seconds a new try makes sense.")
                    .schema(OASFactory.createSchema().addType(Schema.SchemaType.INTEGER)));
          }
          components.addResponse("Problem" + status, response);
        });
  }

  private static Schema text(String description, String example) {
    return OASFactory.createSchema()
        .addType(Schema.SchemaType.STRING)
        .description(description)
        .examples(List.of(example));
  }

  /** Names each kind of page after what it lists; by itself it gets a number. */
  private static void namePages(OpenAPI api, Components components) {
    if (components.getSchemas() == null || api.getPaths() == null) {
      return;
    }
    Map<String, String> names = new TreeMap<>();
    Map<String, Schema> named = new TreeMap<>();
    components
        .getSchemas()
        .forEach(
            (name, schema) -> {
              Schema items =
                  schema.getProperties() == null ? null : schema.getProperties().get("items");
              String listed =
                  items == null || items.getItems() == null ? null : items.getItems().getRef();
              String better =
                  name.startsWith("Page") && listed != null
                      ? "PageOf" + listed.substring(SCHEMAS.length())
                      : name;
              names.put(SCHEMAS + name, SCHEMAS + better);
              named.put(better, schema);
            });
    components.setSchemas(named);
    for (PathItem item : api.getPaths().getPathItems().values()) {
      for (Operation operation : item.getOperations().values()) {
        for (APIResponse response : operation.getResponses().getAPIResponses().values()) {
          if (response.getContent() != null) {
            for (MediaType type : response.getContent().getMediaTypes().values()) {
              Schema schema = type.getSchema();
              if (schema != null && schema.getRef() != null) {
                schema.setRef(names.getOrDefault(schema.getRef(), schema.getRef()));
              }
            }
          }
        }
      }
    }
  }

  /**
   * In answers, a component of a record that is neither optional nor nullable is always there. In
   * requests a number or a switch may be left out too.
   */
  private void requireComponents(OpenAPI api, Components components) {
    if (components.getSchemas() == null) {
      return;
    }
    Map<String, List<ClassInfo>> records = new TreeMap<>();
    for (ClassInfo info : index.getKnownClasses()) {
      if (info.isRecord() && info.name().toString().startsWith("io.hatoba.")) {
        records.computeIfAbsent(schemaName(info), _ -> new ArrayList<>()).add(info);
      }
    }
    Set<String> sent = inRequests(api, components.getSchemas());
    components
        .getSchemas()
        .forEach(
            (name, schema) -> {
              List<ClassInfo> named =
                  records.getOrDefault(name.startsWith("PageOf") ? "Page" : name, List.of());
              if (schema.getProperties() == null || schema.getRequired() != null) {
                return;
              }
              ClassInfo info = whoseSchema(named, schema);
              if (info != null) {
                schema.setRequired(
                    info.recordComponents().stream()
                        .filter(component -> isAlwaysThere(info, component, sent.contains(name)))
                        .map(RecordComponentInfo::name)
                        .filter(schema.getProperties()::containsKey)
                        .toList());
              }
            });
  }

  /** Of the records with one simple name the one with these properties; the others are internal. */
  private static @Nullable ClassInfo whoseSchema(List<ClassInfo> named, Schema schema) {
    return named.stream()
        .max(
            Comparator.<ClassInfo>comparingLong(
                    info ->
                        info.recordComponents().stream()
                            .filter(part -> schema.getProperties().containsKey(part.name()))
                            .count())
                .thenComparing(info -> info.hasDeclaredAnnotation(SCHEMA)))
        .orElse(null);
  }

  /** The schemas that requests are made of. */
  private static Set<String> inRequests(OpenAPI api, Map<String, Schema> schemas) {
    Deque<Schema> open = new ArrayDeque<>();
    if (api.getPaths() != null && api.getPaths().getPathItems() != null) {
      for (PathItem item : api.getPaths().getPathItems().values()) {
        for (Operation operation : item.getOperations().values()) {
          if (operation.getRequestBody() != null
              && operation.getRequestBody().getContent() != null) {
            for (MediaType type :
                operation.getRequestBody().getContent().getMediaTypes().values()) {
              if (type.getSchema() != null) {
                open.add(type.getSchema());
              }
            }
          }
        }
      }
    }
    Set<String> found = new HashSet<>();
    while (!open.isEmpty()) {
      Schema schema = open.remove();
      String ref = schema.getRef();
      if (ref != null && ref.startsWith(SCHEMAS)) {
        String name = ref.substring(SCHEMAS.length());
        Schema named = schemas.get(name);
        if (named != null && found.add(name)) {
          open.add(named);
        }
      }
      if (schema.getItems() != null) {
        open.add(schema.getItems());
      }
      if (schema.getProperties() != null) {
        open.addAll(schema.getProperties().values());
      }
    }
    return found;
  }

  private static String schemaName(ClassInfo info) {
    AnnotationInstance schema = info.declaredAnnotation(SCHEMA);
    return schema != null && schema.value("name") != null
        ? schema.value("name").asString()
        : info.simpleName();
  }

  private static boolean isAlwaysThere(
      ClassInfo info, RecordComponentInfo component, boolean inRequest) {
    return !component.type().name().equals(OPTIONAL)
        && !info.hasDeclaredAnnotation(JSON_INCLUDE) // it leaves out what is empty
        && !(inRequest && component.type().kind() == Type.Kind.PRIMITIVE)
        && component.type().annotations().stream().noneMatch(a -> a.name().equals(NULLABLE));
  }

  /** Gives a text field of a common name an example, so that no resource repeats it. */
  private static void exemplify(Schema record) {
    if (record.getProperties() == null) {
      return;
    }
    record
        .getProperties()
        .forEach(
            (name, property) -> {
              String example = EXAMPLES.get(name);
              boolean text =
                  property.getType() != null
                      && property.getType().contains(Schema.SchemaType.STRING)
                      && property.getEnumeration() == null;
              if (text && example != null && property.getExamples() == null) {
                property.setExamples(List.of(example));
              }
            });
  }
}
