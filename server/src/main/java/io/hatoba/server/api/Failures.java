package io.hatoba.server.api;

import io.hatoba.oci.ErrorCode;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import org.jboss.logging.Logger;

/** A defect: the log has the cause, the answer only the id to find it by. */
@Provider
public final class Failures implements ExceptionMapper<RuntimeException> {
  private static final Logger LOG = Logger.getLogger(Failures.class);

  @Override
  public Response toResponse(RuntimeException e) {
    LOG.errorf(e, "failed to answer, requestId=%s", RequestIds.current());
    return Problems.answer(
            ErrorCode.UNKNOWN, "the server failed; its log says why under the id of this request")
        .build();
  }
}
