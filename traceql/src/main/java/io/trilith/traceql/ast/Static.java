package io.trilith.traceql.ast;

import java.util.List;

/** A value of TraceQL, written in a query or found in a span. */
public sealed interface Static {
  /** Nothing: an attribute that is not there. */
  record Nil() implements Static {
    public static final Nil INSTANCE = new Nil();
  }

  record Int(long value) implements Static {}

  record Real(double value) implements Static {}

  record Text(String value) implements Static {}

  record Bool(boolean value) implements Static {}

  /** A length of time. */
  record Duration(long nanos) implements Static {}

  /** A status by OTLP's number. */
  record Status(int code) implements Static {}

  /** A kind by OTLP's number. */
  record Kind(int code) implements Static {}

  /** An array, never nested. */
  record Items(List<Static> values) implements Static {}

  default boolean isNumeric() {
    return this instanceof Int || this instanceof Real || this instanceof Duration;
  }

  /** The number; 1 ns is 1. Not a number for what is none. */
  default double asDouble() {
    return switch (this) {
      case Int number -> number.value();
      case Real number -> number.value();
      case Duration duration -> duration.nanos();
      case Nil _, Text _, Bool _, Status _, Kind _, Items _ -> Double.NaN;
    };
  }
}
