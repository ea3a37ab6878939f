package io.trilith.storage.block;

import java.util.Map;

/**
 * What a block holds. A section without a name cannot be written, so that whoever looks at a block
 * sees what each is.
 *
 * @param code in its header
 * @param sections their names by number
 */
public record BlockKind(int code, Map<Integer, String> sections) {
  /** Of a block that is only copied. */
  static final BlockKind ANY = new BlockKind(0, Map.of());

  void check(int section) {
    if (!sections.containsKey(section)) {
      throw new IllegalArgumentException("section " + section + " has no name");
    }
  }
}
