package io.trilith.config;

import java.net.InetAddress;
import java.util.Arrays;

/**
 * Addresses that share their first bits, as CIDR writes them: {@code 10.0.0.0/8}, {@code fd00::/8};
 * an address alone is a range of one.
 *
 * @param network literal, never looked up
 * @param bits how many of the first bits count
 */
public record AddressRange(InetAddress network, int bits) {
  public AddressRange {
    if (bits < 0 || bits > network.getAddress().length * 8) {
      throw new IllegalArgumentException(
          "has a prefix of " + bits + " bits, more than its address has");
    }
  }

  /** Throws IllegalArgumentException when it is no range of addresses. */
  public static AddressRange parse(String text) {
    int slash = text.indexOf('/');
    try {
      InetAddress network = InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash));
      int all = network.getAddress().length * 8;
      return new AddressRange(
          network, slash < 0 ? all : Integer.parseInt(text.substring(slash + 1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("is not ADDRESS/BITS", e);
    }
  }

  /** Whether an address is one of them. */
  public boolean contains(InetAddress address) {
    byte[] mine = network.getAddress();
    byte[] other = address.getAddress();
    if (mine.length != other.length) {
      return false;
    }
    int whole = bits / 8;
    if (!Arrays.equals(mine, 0, whole, other, 0, whole)) {
      return false;
    }
    int rest = bits % 8;
    int mask = rest == 0 ? 0 : 0xff00 >> rest & 0xff;
    return rest == 0 || (mine[whole] & mask) == (other[whole] & mask);
  }

  @Override
  public String toString() {
    return network.getHostAddress() + "/" + bits;
  }
}
