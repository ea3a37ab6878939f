package io.trilith.net;

import java.io.IOException;

/** One WebSocket as its handler sees it: text goes out, what comes in is only looked at. */
public interface WebSocket {
  /** Codes that say why a socket is closed. */
  int NORMAL = 1000;

  int GOING_AWAY = 1001;
  int PROTOCOL_ERROR = 1002;
  int TOO_BIG = 1009;
  int INTERNAL_ERROR = 1011;

  /** False once either side has closed it, or the client is gone. Thread-safe. */
  boolean isOpen();

  /**
   * Sends a text message. Waits while the client is slow; fails when it is gone, or takes nothing
   * for long.
   */
  void send(String text) throws IOException;

  /**
   * Says why and closes. The reason is cut to what fits. Thread-safe; only the first call counts.
   */
  void close(int code, String reason);
}
