package io.trilith.net.identity;

/** A request is not let in. The message is what its sender is told. */
public final class AccessRefusedException extends RuntimeException {
  /** Why, as far as a sender may know. */
  public enum Cause {
    /** No credential that counts; one text for all of it. */
    UNAUTHENTICATED("credential"),
    /** Several tenants are possible and none is named. */
    NO_TENANT("tenant"),
    /** A scope is missing. */
    SCOPE("scope"),
    /** Not this tenant's data. */
    TENANT("tenant"),
    /** A page of another origin asked. */
    ORIGIN("origin"),
    /** Two headers where one is meant. */
    MALFORMED("malformed"),
    /** Too many failures, or too many passwords to check. */
    TOO_MANY("throttled");

    private final String label;

    Cause(String label) {
      this.label = label;
    }

    String label() {
      return label;
    }
  }

  private final Cause why;
  private final String challenge;
  private boolean told;

  AccessRefusedException(Cause why, String message, String challenge) {
    super(message);
    this.why = why;
    this.challenge = challenge;
  }

  AccessRefusedException(Cause why, String message) {
    this(why, message, "");
  }

  static AccessRefusedException tooMany(String message) {
    return new AccessRefusedException(Cause.TOO_MANY, message);
  }

  public Cause why() {
    return why;
  }

  /** Whether it was counted and written down. */
  boolean isTold() {
    return told;
  }

  void tell() {
    told = true;
  }

  /** What WWW-Authenticate says; empty for nothing. */
  public String challenge() {
    return challenge;
  }

  /** The status of HTTP. */
  public int status() {
    return switch (why) {
      case UNAUTHENTICATED, NO_TENANT -> 401;
      case SCOPE, TENANT, ORIGIN -> 403;
      case MALFORMED -> 400;
      case TOO_MANY -> 429;
    };
  }
}
