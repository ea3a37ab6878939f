package io.trilith.regex;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A program and the table made of it so far. When the table is full, what it does not know is
 * simulated: always linear in the input. When much was simulated, the table is dropped and made
 * anew from what comes then. Thread-safe.
 */
final class Automaton {
  /** Bytes simulated before the table is made anew; of the order of the steps that made it. */
  private static final long SIMULATED_MAX = 8L * Dfa.STATES_MAX;

  private final Program program;
  private final AtomicReference<@Nullable Simulation> spare = new AtomicReference<>();
  private volatile Dfa dfa;

  Automaton(Program program) {
    this.program = program;
    this.dfa = new Dfa(program);
  }

  Dfa dfa() {
    return dfa;
  }

  long bytes() {
    return program.bytes() + dfa.bytes();
  }

  boolean hasAssertions() {
    return program.pending() || program.words() || program.lines();
  }

  /** Whether bytes match, UTF-8 or not. */
  boolean matches(byte[] bytes, int from, int to) {
    Dfa current = dfa;
    if (current.start() == current.all()) {
      return true;
    }
    if (!Utf8.isValid(bytes, from, to)) {
      byte[] repaired = Utf8.repaired(bytes, from, to);
      return run(current, repaired, 0, repaired.length);
    }
    return run(current, bytes, from, to);
  }

  /** Whether a text matches. What is plain ASCII is read in place. */
  boolean matches(String text) {
    Dfa current = dfa;
    int[] table = current.table();
    byte[] classes = current.classes();
    int special = current.all();
    int code = current.start();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        byte[] bytes = Utf8.encode(text);
        return run(current, bytes, 0, bytes.length);
      }
      int next = table[(code >>> 1) + (classes[c] & 0xFF)];
      if (next <= special) {
        if (next == Dfa.UNKNOWN) {
          next = current.advance(code, (byte) c);
          table = current.table();
        }
        if (next == special) {
          return true;
        }
        if (next == current.dead()) {
          return false;
        }
        if (next == Dfa.UNKNOWN) {
          byte[] bytes = Utf8.encode(text);
          return run(current, bytes, 0, bytes.length);
        }
      }
      code = next;
    }
    return Dfa.mayEnd(code);
  }

  /** Whether well-formed bytes match. */
  private boolean run(Dfa current, byte[] bytes, int from, int to) {
    int[] table = current.table();
    byte[] classes = current.classes();
    int special = current.all();
    int code = current.start();
    for (int i = from; i < to; i++) {
      int next = table[(code >>> 1) + (classes[bytes[i] & 0xFF] & 0xFF)];
      if (next <= special) {
        if (next == Dfa.UNKNOWN) {
          next = current.advance(code, bytes[i]);
          table = current.table();
        }
        if (next == special) {
          return true;
        }
        if (next == current.dead()) {
          return false;
        }
        if (next == Dfa.UNKNOWN) {
          return simulate(current, code, bytes, i, to);
        }
      }
      code = next;
    }
    return Dfa.mayEnd(code);
  }

  /** Whether the rest of well-formed bytes matches from a state on, without the table. */
  boolean simulate(Dfa from, int code, byte[] bytes, int start, int end) {
    if (from.spend(end - start) > SIMULATED_MAX) {
      renew(from);
    }
    Simulation simulation = spare.getAndSet(null);
    if (simulation == null) {
      simulation = new Simulation(program);
    }
    from.resume(code, simulation);
    for (int i = start; i < end && !simulation.accepted() && !simulation.isDead(); i++) {
      simulation.step(bytes[i] & 0xFF);
    }
    boolean matches = simulation.endsHere();
    spare.set(simulation);
    return matches;
  }

  private synchronized void renew(Dfa old) {
    if (dfa == old) {
      dfa = new Dfa(program);
    }
  }
}
