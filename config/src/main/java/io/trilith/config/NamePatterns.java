package io.trilith.config;

import java.util.List;

/** Lists of names that may end with a star for all that begin so. */
final class NamePatterns {
  private NamePatterns() {}

  /** The names; IllegalArgumentException naming the key when one is none. */
  static List<String> checked(String key, List<String> names) {
    for (String name : names) {
      int star = name.indexOf('*');
      if (name.isEmpty() || (star >= 0 && star < name.length() - 1)) {
        throw new IllegalArgumentException(
            key + ": '" + name + "' is no name; * may only be its end");
      }
    }
    return List.copyOf(names);
  }
}
