package io.trilith.net.identity;

import io.trilith.config.AddressRange;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the client behind proxies: X-Forwarded-For is read from the right, as far as those who
 * wrote it are believed. What a client itself writes stands further left and is never reached.
 */
record ForwardedFor(List<AddressRange> trusted) {
  private static final int HOPS_MAX = 32;

  ForwardedFor {
    trusted = List.copyOf(trusted);
  }

  InetAddress client(InetAddress peer, List<String> headers) {
    if (trusted.isEmpty() || !isTrusted(peer)) {
      return peer;
    }
    List<String> hops = new ArrayList<>();
    for (String header : headers) {
      hops.addAll(List.of(header.split(",", -1)));
    }
    InetAddress client = peer;
    for (int i = hops.size() - 1; i >= 0 && hops.size() - i <= HOPS_MAX; i--) {
      try {
        client = InetAddress.ofLiteral(hops.get(i).strip());
      } catch (IllegalArgumentException e) {
        return client;
      }
      if (!isTrusted(client)) {
        return client;
      }
    }
    return client;
  }

  private boolean isTrusted(InetAddress address) {
    return trusted.stream().anyMatch(range -> range.contains(address));
  }
}
