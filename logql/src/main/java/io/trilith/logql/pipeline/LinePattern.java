package io.trilith.logql.pipeline;

import io.trilith.storage.error.InvalidRequestException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;

/** Literals and captures in turn: {@code <ip> - <_> "<method>}. Immutable. */
final class LinePattern {
  /** A literal, or a capture that is named or {@code _}. */
  @SuppressWarnings("ArrayRecordComponent") // compared as bytes of a line, never by equals
  private record Part(boolean capture, String name, byte[] literal) {
    boolean named() {
      return capture && !name.equals("_");
    }
  }

  private final List<Part> parts;

  private LinePattern(List<Part> parts) {
    this.parts = parts;
  }

  /** A pattern that makes labels. Throws InvalidRequestException. */
  static LinePattern captures(String text) {
    LinePattern pattern = parse(text);
    Set<String> names = new HashSet<>();
    for (Part part : pattern.parts) {
      if (part.named() && !names.add(part.name())) {
        throw invalid(text, "duplicate capture name (" + part.name() + ")");
      }
    }
    if (names.isEmpty()) {
      throw invalid(text, "at least one capture is required");
    }
    return pattern;
  }

  /** A pattern that filters lines. Throws InvalidRequestException. */
  static LinePattern filter(String text) {
    LinePattern pattern = parse(text);
    for (Part part : pattern.parts) {
      if (part.named()) {
        throw invalid(text, "named captures are not allowed");
      }
    }
    return pattern;
  }

  private static InvalidRequestException invalid(String text, String why) {
    String shown = text.length() > 100 ? text.substring(0, 100) + "…" : text;
    return new InvalidRequestException("parse error : invalid pattern: " + why + ": " + shown);
  }

  private static LinePattern parse(String text) {
    List<Part> parts = new ArrayList<>();
    StringBuilder literal = new StringBuilder();
    int at = 0;
    while (at < text.length()) {
      int close = text.charAt(at) == '<' ? captureEnd(text, at) : -1;
      if (close < 0) {
        literal.append(text.charAt(at++));
        continue;
      }
      if (!literal.isEmpty()) {
        parts.add(new Part(false, "", literal.toString().getBytes(StandardCharsets.UTF_8)));
        literal.setLength(0);
      } else if (!parts.isEmpty()) {
        throw invalid(text, "consecutive capture");
      }
      parts.add(new Part(true, text.substring(at + 1, close), new byte[0]));
      at = close + 1;
    }
    if (!literal.isEmpty()) {
      parts.add(new Part(false, "", literal.toString().getBytes(StandardCharsets.UTF_8)));
    }
    return new LinePattern(List.copyOf(parts));
  }

  private static int captureEnd(String text, int open) {
    for (int i = open + 1; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
      if (c == '>') {
        return i > open + 1 ? i : -1;
      }
      if (!letter && (i == open + 1 || c < '0' || c > '9')) {
        return -1;
      }
    }
    return -1;
  }

  /** What stands in every line that fits, in order. */
  List<byte[]> literals() {
    return parts.stream().filter(part -> !part.capture()).map(Part::literal).toList();
  }

  /** Whether a line as a whole has the shape; what a capture stands for is never empty. */
  boolean matches(byte[] line, int start, int end) {
    if (parts.isEmpty() || start == end) {
      return false;
    }
    int at = start;
    for (int i = 0; i < parts.size(); i++) {
      Part part = parts.get(i);
      if (part.capture()) {
        continue;
      }
      int found = Bytes.indexOf(line, at, end, part.literal());
      if (found < 0 || (i > 0 && found == at)) {
        return false;
      }
      at = found + part.literal().length;
    }
    return parts.getLast().capture() == (at != end);
  }

  /** Hands over what the named captures stand for, as far as the line fits. */
  void capture(byte[] line, int start, int end, BiConsumer<String, String> found) {
    if (start == end) {
      return;
    }
    int at = start;
    int part = 0;
    if (!parts.getFirst().capture()) {
      byte[] literal = parts.getFirst().literal();
      if (Bytes.indexOf(line, start, Math.min(end, start + literal.length), literal) != start) {
        return;
      }
      at += literal.length;
      part = 1;
    }
    while (part < parts.size()) {
      Part capture = parts.get(part);
      boolean last = part + 1 == parts.size();
      byte[] literal = last ? new byte[0] : parts.get(part + 1).literal();
      int next = last ? -1 : Bytes.indexOf(line, at, end, literal);
      int to = next < 0 ? end : next;
      if (capture.named()) {
        found.accept(capture.name(), new String(line, at, to - at, StandardCharsets.UTF_8));
      }
      if (next < 0) {
        return;
      }
      at = next + literal.length;
      part += 2;
    }
  }
}
