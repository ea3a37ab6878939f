package io.trilith.ingest.pipeline;

/** Compiles the conditions of rules, which are queries of the languages. Thread-safe. */
public interface Conditions {
  /** Of a LogQL log query. Throws InvalidRequestException in the language's words. */
  LogCondition logs(String query);

  /** Of a LogQL query that is a selector of labels only. Throws as above. */
  LogCondition selector(String query);
}
