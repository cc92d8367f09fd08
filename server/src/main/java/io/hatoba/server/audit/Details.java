package io.hatoba.server.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import io.hatoba.server.rest.Json;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** The small texts of a row, and how they rest: as a JSON object. */
final class Details {
  private static final TypeReference<Map<String, String>> TYPE = new TypeReference<>() {};

  private Details() {}

  static Map<String, String> bounded(Map<String, String> detail, int most, int longest) {
    TreeMap<String, String> bounded = new TreeMap<>();
    detail.forEach((name, text) -> bounded.put(name, AuditRow.cut(text, longest)));
    while (bounded.size() > most) {
      bounded.pollLastEntry();
    }
    return Collections.unmodifiableMap(bounded);
  }

  static String json(Map<String, String> detail) {
    try {
      return Json.MAPPER.writeValueAsString(detail);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static Map<String, String> parse(String json) {
    try {
      return Json.MAPPER.readValue(json, TYPE);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the detail of an audit row is no JSON", e);
    }
  }
}
