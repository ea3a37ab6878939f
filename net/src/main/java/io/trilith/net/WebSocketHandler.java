package io.trilith.net;

/** Serves one WebSocket. Called on a virtual thread of its own: may block. */
@FunctionalInterface
public interface WebSocketHandler {
  /**
   * Talks until the socket is closed or there is nothing more to say. A failure closes it with
   * {@link WebSocket#INTERNAL_ERROR} and what the failure says to a client.
   */
  void serve(WebSocket socket) throws Exception;
}
