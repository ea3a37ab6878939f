package io.trilith.config;

/** How OpenTelemetry's names become Prometheus'. A constant's text is Prometheus' name for it. */
public enum OtlpTranslation {
  UNDERSCORE_ESCAPING_WITH_SUFFIXES("UnderscoreEscapingWithSuffixes", true, true),
  UNDERSCORE_ESCAPING_WITHOUT_SUFFIXES("UnderscoreEscapingWithoutSuffixes", true, false),
  NO_UTF8_ESCAPING_WITH_SUFFIXES("NoUTF8EscapingWithSuffixes", false, true),
  NO_TRANSLATION("NoTranslation", false, false);

  private final String text;
  private final boolean escapes;
  private final boolean suffixes;

  OtlpTranslation(String text, boolean escapes, boolean suffixes) {
    this.text = text;
    this.escapes = escapes;
    this.suffixes = suffixes;
  }

  /** Whether what is no letter, digit or underscore becomes an underscore. */
  public boolean escapes() {
    return escapes;
  }

  /** Whether unit, {@code _total} and {@code _ratio} are added to a metric's name. */
  public boolean suffixes() {
    return suffixes;
  }

  @Override
  public String toString() {
    return text;
  }
}
