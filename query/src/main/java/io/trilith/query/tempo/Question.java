package io.trilith.query.tempo;

import java.util.Optional;

/**
 * What is asked, by the names that the parameters have in URLs: those of an HTTP request, or what a
 * message of gRPC says in its fields.
 */
@FunctionalInterface
interface Question {
  /** A parameter; one that is empty is absent. */
  Optional<String> parameter(String name);
}
