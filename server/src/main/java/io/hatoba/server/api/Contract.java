package io.hatoba.server.api;

import io.hatoba.server.permission.Permission;
import io.hatoba.server.rest.Access;
import io.hatoba.server.rest.Requires;
import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.ArrayDeque;
import java.util.ArrayList;
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
 * who may call, the refusals, and which fields are always there. Runs at build time.
 */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public final class Contract implements OASFilter {
  private static final DotName REQUIRES = DotName.createSimple(Requires.class);
  private static final DotName ACCESS = DotName.createSimple(Access.class);
  private static final DotName NULLABLE = DotName.createSimple("org.jspecify.annotations.Nullable");
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
    requireComponents(api, components);
    describeProblems(components);
    Map<String, MethodInfo> methods = methods();
    if (api.getPaths() != null && api.getPaths().getPathItems() != null) {
      api.getPaths()
          .getPathItems()
          .forEach(
              (path, item) ->
                  item.getOperations()
                      .forEach((verb, operation) -> complete(path, verb, operation, methods)));
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
      String path, PathItem.HttpMethod verb, Operation operation, Map<String, MethodInfo> methods) {
    MethodInfo method = methods.get(String.valueOf(operation.getOperationId()));
    if (method == null) {
      return;
    }
    String resource = method.declaringClass().name().withoutPackagePrefix().replace("Resource", "");
    operation.setOperationId(
        Character.toLowerCase(resource.charAt(0)) + resource.substring(1) + "." + method.name());
    operation.setTags(List.of(resource));
    who(method, operation);
    List<String> refusals = new ArrayList<>(List.of("400", "401", "403", "406", "429", "503"));
    if (path.contains("{")) {
      refusals.add("404");
    }
    if (verb != PathItem.HttpMethod.GET) {
      refusals.addAll(List.of("404", "409", "422"));
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

  /**
   * In answers, a component of a record that is neither optional nor nullable is always there. In
   * requests a number or a switch may be left out too.
   */
  private void requireComponents(OpenAPI api, Components components) {
    if (components.getSchemas() == null) {
      return;
    }
    Map<String, ClassInfo> records = new TreeMap<>();
    for (ClassInfo info : index.getKnownClasses()) {
      if (info.isRecord() && info.name().toString().startsWith("io.hatoba.")) {
        records.merge(schemaName(info), info, (first, _) -> first);
      }
    }
    Set<String> sent = inRequests(api, components.getSchemas());
    components
        .getSchemas()
        .forEach(
            (name, schema) -> {
              ClassInfo info = records.get(name.replaceFirst("^Page.+", "Page"));
              if (info != null && schema.getProperties() != null && schema.getRequired() == null) {
                schema.setRequired(
                    info.recordComponents().stream()
                        .filter(component -> isAlwaysThere(component, sent.contains(name)))
                        .map(RecordComponentInfo::name)
                        .filter(schema.getProperties()::containsKey)
                        .toList());
              }
            });
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
    AnnotationInstance schema =
        info.declaredAnnotation(
            DotName.createSimple("org.eclipse.microprofile.openapi.annotations.media.Schema"));
    return schema != null && schema.value("name") != null
        ? schema.value("name").asString()
        : info.simpleName();
  }

  private static boolean isAlwaysThere(RecordComponentInfo component, boolean inRequest) {
    return !component.type().name().equals(OPTIONAL)
        && !(inRequest && component.type().kind() == Type.Kind.PRIMITIVE)
        && component.type().annotations().stream().noneMatch(a -> a.name().equals(NULLABLE));
  }
}
