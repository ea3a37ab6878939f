package io.trilith.cli.demo;

import io.trilith.cli.client.ApiException;
import java.util.ArrayList;
import java.util.List;

/** Collects which answers were right. */
final class Verdict {
  private final Screen screen;
  private final List<String> wrong = new ArrayList<>();
  private int right;

  Verdict(Screen screen) {
    this.screen = screen;
  }

  /** Notes whether an answer is what the shop's own books say, and tells it. */
  void check(String what, boolean fine) {
    if (fine) {
      right++;
      screen.line("     ✓ " + what);
    } else {
      wrong.add(what);
      screen.line("     ✗ " + what);
    }
  }

  /** Runs a question; a refusal by the server is a wrong answer. */
  void guard(String what, Runnable question) {
    try {
      question.run();
    } catch (ApiException | IllegalStateException e) {
      check(what + ": " + e.getMessage(), false);
    }
  }

  int right() {
    return right;
  }

  List<String> wrong() {
    return wrong;
  }
}
