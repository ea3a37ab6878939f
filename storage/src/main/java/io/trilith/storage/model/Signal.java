package io.trilith.storage.model;

/** The three kinds of telemetry. The ordinal is written to disk: append only. */
public enum Signal {
  METRICS("metrics"),
  LOGS("logs"),
  TRACES("traces");

  private final String text;

  Signal(String text) {
    this.text = text;
  }

  /** The word used in paths, metrics and messages. */
  public String text() {
    return text;
  }
}
