package io.hatoba.server.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.hatoba.oci.ErrorCode;
import io.hatoba.oci.Refusal;
import io.hatoba.oci.RefusedException;
import java.util.Map;

/**
 * A JSON Merge Patch (RFC 7396): a field that is there replaces, one that is {@code null} is taken
 * away, one that is absent stays.
 *
 * <p>What can be patched of a resource is a record of its own, without what the server alone
 * decides: so an unknown field and a read-only one are refused alike. To be applied inside the
 * transaction that changes the row, so that {@code If-Match} is exact.
 */
public final class Patch {
  private final ObjectNode changes;
  private final IfMatch condition;

  /**
   * @param body must be an object
   * @throws RefusedException with {@code REQUEST_INVALID} if it is none
   */
  public Patch(JsonNode body, IfMatch condition) {
    if (!(body instanceof ObjectNode object)) {
      throw invalid("a patch is a JSON object with the fields to change");
    }
    this.changes = object;
    this.condition = condition;
  }

  /**
   * The record with the changes.
   *
   * @throws RefusedException with {@code PRECONDITION_FAILED} if the caller has seen another state;
   *     {@code REQUEST_INVALID} for a field that cannot be changed or a value of the wrong kind;
   *     {@code FIELD_INVALID} for a null in a list
   */
  public <T extends Record> T applyTo(T current) {
    condition.check(current);
    JsonNode merged = merge(Json.MAPPER.valueToTree(current), changes);
    try {
      @SuppressWarnings("unchecked") // the class of a T
      Class<T> type = (Class<T>) current.getClass();
      return Json.MAPPER.treeToValue(merged, type);
    } catch (JsonProcessingException e) {
      throw new RefusedException(Json.refusal("the patch cannot be applied", e));
    }
  }

  private static JsonNode merge(JsonNode target, JsonNode patch) {
    if (!(patch instanceof ObjectNode changes)) {
      return patch;
    }
    ObjectNode result =
        target instanceof ObjectNode object ? object.deepCopy() : Json.MAPPER.createObjectNode();
    for (Map.Entry<String, JsonNode> change : changes.properties()) {
      if (change.getValue().isNull()) {
        // Not removed, so that an unknown field is refused also if it is to be taken away.
        result.putNull(change.getKey());
      } else {
        JsonNode before = result.path(change.getKey());
        result.set(change.getKey(), merge(before, change.getValue()));
      }
    }
    return result;
  }

  private static RefusedException invalid(String message) {
    return new RefusedException(Refusal.invalid(ErrorCode.REQUEST_INVALID, message, ""));
  }
}
