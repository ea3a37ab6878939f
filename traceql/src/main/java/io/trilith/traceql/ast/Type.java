package io.trilith.traceql.ast;

/** What is known of an expression's value before anything runs. */
public enum Type {
  NIL,
  INT,
  FLOAT,
  STRING,
  BOOL,
  DURATION,
  STATUS,
  KIND,
  /** An attribute: any of the others. */
  ATTRIBUTE;

  public boolean isNumeric() {
    return this == INT || this == FLOAT || this == DURATION || this == ATTRIBUTE;
  }

  /** Whether values of the two can be compared at all. */
  public boolean matches(Type other) {
    return this == other
        || this == ATTRIBUTE
        || other == ATTRIBUTE
        || this == NIL
        || other == NIL
        || (isNumeric() && other.isNumeric());
  }

  public static Type of(Static value) {
    return switch (value) {
      case Static.Nil _ -> NIL;
      case Static.Int _ -> INT;
      case Static.Real _ -> FLOAT;
      case Static.Text _ -> STRING;
      case Static.Bool _ -> BOOL;
      case Static.Duration _ -> DURATION;
      case Static.Status _ -> STATUS;
      case Static.Kind _ -> KIND;
      case Static.Items _ -> ATTRIBUTE;
    };
  }
}
