package io.trilith.cli.print;

import java.io.Console;
import java.util.Locale;
import java.util.Optional;

/** Colours of a terminal. */
public enum Colour {
  RED("31"),
  YELLOW("33"),
  GREEN("32"),
  BLUE("34"),
  GREY("90");

  private final String code;

  Colour(String code) {
    this.code = code;
  }

  public String paint(String text) {
    return "\033[" + code + "m" + text + "\033[0m";
  }

  /** On a terminal, unless the user wishes none: see no-color.org. */
  public static boolean wanted() {
    String wish = System.getenv("NO_COLOR");
    boolean terminal = Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
    return terminal && (wish == null || wish.isEmpty());
  }

  public static Colour ofLevel(String level) {
    return switch (level.toLowerCase(Locale.ROOT)) {
      case "error", "err", "critical", "crit", "fatal", "panic", "emerg", "alert" -> RED;
      case "warn", "warning" -> YELLOW;
      case "info", "notice" -> GREEN;
      case "debug" -> BLUE;
      default -> GREY;
    };
  }
}
