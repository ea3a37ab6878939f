package io.trilith.net;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import io.trilith.net.identity.Peer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Who is at the other end of connections. Behind the pipe to the gRPC server a connection has an
 * address inside the process only; what is known of its client is kept here under that address,
 * where no client can write. Thread-safe.
 */
final class Connections {
  private static final AttributeKey<Peer> PEER = AttributeKey.valueOf("trilith.peer");

  private final Map<SocketAddress, Peer> piped = new ConcurrentHashMap<>();

  /** Notes whom a connection's certificate names. */
  static void identified(Channel channel, List<String> certificateNames) {
    channel.attr(PEER).set(new Peer(address(channel.remoteAddress()), certificateNames));
  }

  static Peer peer(Channel channel) {
    Peer known = channel.attr(PEER).get();
    return known == null ? new Peer(address(channel.remoteAddress()), List.of()) : known;
  }

  private static InetAddress address(@Nullable SocketAddress address) {
    return address instanceof InetSocketAddress inet && inet.getAddress() != null
        ? inet.getAddress()
        : InetAddress.getLoopbackAddress();
  }

  /** Notes who is at the far end of a pipe that has this end. */
  void piped(SocketAddress end, Peer peer) {
    piped.put(end, peer);
  }

  void forget(SocketAddress end) {
    piped.remove(end);
  }

  /** Who calls the gRPC server from an address: through a pipe, or from the network. */
  Peer caller(@Nullable SocketAddress address) {
    Peer known = address == null ? null : piped.get(address);
    return known == null ? new Peer(address(address), List.of()) : known;
  }
}
