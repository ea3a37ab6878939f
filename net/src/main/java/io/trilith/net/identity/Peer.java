package io.trilith.net.identity;

import java.net.InetAddress;
import java.util.List;

/**
 * The other end of a connection.
 *
 * @param certificateNames subject alternative names of its verified certificate; empty without one
 */
public record Peer(InetAddress address, List<String> certificateNames) {
  public Peer {
    certificateNames = List.copyOf(certificateNames);
  }
}
