package io.trilith.net;

import io.trilith.net.identity.Caller;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.model.TenantId;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A complete request, its body decoded. What a handler sees. Implemented by this module only. */
public interface HttpRequest {
  String method();

  /** The decoded path, without the query. */
  String path();

  /** The tenant; with multi-tenancy off always {@link TenantId#ANONYMOUS}. */
  TenantId tenant();

  /** Who asks, as its credential says; {@link Caller#ANYONE} where none is asked for. */
  default Caller caller() {
    return Caller.ANYONE;
  }

  /** A variable of the route's pattern, percent-decoded. */
  String pathVariable(String name);

  /** First value of a header, by its case-insensitive name. */
  Optional<String> header(String name);

  /** Values of a parameter: those of the URL, then those of a form body. */
  List<String> parameters(String name);

  /** All parameters, in order of appearance. */
  Map<String, List<String>> parameters();

  /** First value of a parameter. An empty value counts as absent. */
  default Optional<String> parameter(String name) {
    return parameters(name).stream().filter(value -> !value.isEmpty()).findFirst();
  }

  /**
   * The body after content decoding, but see {@link ScopedRoutes#blocks}; empty when there is none.
   */
  byte[] body();

  /** Media type of the body without parameters, lower case, empty when not said. */
  String contentType();

  /** Completes when the client is gone or the server stops; a long query checks it. */
  boolean cancelled();

  /**
   * Asks for the memory of a body that the handler decodes itself, until the answer is sent: 413
   * when it is larger than a body may be, 429 when requests hold too much together.
   */
  default void reserve(long bytes) {}

  /**
   * What this request holds of the memory of requests; a handler takes from it before it makes
   * something of the body. All of it is given back when the answer is sent.
   */
  default Booking memory() {
    return Booking.unlimited();
  }

  /**
   * Has something run once the answer is sent or the client is gone, whatever happens before: gives
   * back what the answer was holding. A request that no server serves, as in tests, never ends.
   */
  default void onEnd(Runnable release) {}

  /** Names something that the answer lacks; the header X-Trilith-Warning says so, if it can yet. */
  default void warn(String text) {}

  /** What {@link #warn} was told so far, each once. */
  default List<String> warnings() {
    return List.of();
  }
}
