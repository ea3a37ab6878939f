package io.trilith.ingest.generator;

import io.trilith.tracestore.TraceId;
import java.util.Arrays;

/** A request from one service to another of which both or only one side is known. */
final class Edge {
  /**
   * The client's span, which is the server's parent. A server's span without a parent is its own.
   */
  record Key(TraceId trace, long span, boolean root) {}

  /** How the two are connected; the text is the label's. */
  enum Connection {
    DIRECT(""),
    MESSAGING("messaging_system"),
    DATABASE("database"),
    VIRTUAL("virtual_node");

    private final String text;

    Connection(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  final Key key;
  final long expires;
  final String[] dimensions;
  Connection connection = Connection.DIRECT;
  String client = "";
  String server = "";
  String peer = "";

  /** The side that sent no spans: client, server or empty. */
  String virtualSide = "";

  double clientSeconds;
  double serverSeconds;
  long clientEndNanos;
  long serverStartNanos;
  boolean failed;

  Edge(Key key, long expires, int dimensions) {
    this.key = key;
    this.expires = expires;
    this.dimensions = new String[dimensions];
    Arrays.fill(this.dimensions, "");
  }

  boolean isComplete() {
    return !client.isEmpty() && !server.isEmpty();
  }
}
