package io.trilith.storage.model;

import org.jspecify.annotations.Nullable;

/** The three kinds of telemetry. */
public enum Signal {
  METRICS(0, "metrics"),
  LOGS(1, "logs"),
  TRACES(2, "traces");

  private static final Signal[] BY_CODE = {METRICS, LOGS, TRACES};

  private final int code;
  private final String text;

  Signal(int code, String text) {
    this.code = code;
    this.text = text;
  }

  /** The number that stands for it in our file formats. */
  public int code() {
    return code;
  }

  /** The signal of a code, or null when the code is unknown. */
  public static @Nullable Signal ofCode(int code) {
    return code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
  }

  /** The word used in paths, metrics and messages. */
  public String text() {
    return text;
  }
}
