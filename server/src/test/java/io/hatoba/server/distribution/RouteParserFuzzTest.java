package io.hatoba.server.distribution;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.hatoba.oci.RefusedException;

class RouteParserFuzzTest {
  /** Whatever the path: a target whose own path leads back to it, or a refusal; nothing else. */
  @FuzzTest
  void parseRefusesOrUnderstands(FuzzedDataProvider data) {
    String path = data.consumeRemainingAsString();
    Target target;
    try {
      target = RouteParser.parse(path);
    } catch (RefusedException refused) {
      return;
    }
    String again =
        switch (target) {
          case Target.Base() -> "/v2/";
          case Target.Catalog() -> "/v2/_catalog";
          case Target.Extensions() -> "/v2/_oci/ext/discover";
          case Target.Blob(var name, var digest) -> "/v2/" + name + "/blobs/" + digest;
          case Target.NewUpload(var name) -> "/v2/" + name + "/blobs/uploads/";
          case Target.Upload(var name, var id) -> "/v2/" + name + "/blobs/uploads/" + id;
          case Target.Manifest(var name, var reference) ->
              "/v2/" + name + "/manifests/" + reference;
          case Target.Tags(var name) -> "/v2/" + name + "/tags/list";
          case Target.Referrers(var name, var digest) -> "/v2/" + name + "/referrers/" + digest;
          case Target.Nothing() -> "/nothing";
        };
    if (!RouteParser.parse(again).equals(target)) {
      throw new AssertionError(path + " is " + target + ", but " + again + " is not");
    }
  }
}
