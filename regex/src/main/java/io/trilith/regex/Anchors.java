package io.trilith.regex;

import io.trilith.regex.Node.Assertion;
import java.util.ArrayList;
import java.util.List;

/** What anchors at the ends of an expression mean. */
final class Anchors {
  private Anchors() {}

  /** Whether all matches begin where the text begins. */
  static boolean beginsText(Node node) {
    return switch (node) {
      case Node.Place place -> place.assertion() == Assertion.BEGIN_TEXT;
      case Node.Concat concat -> beginsText(concat.parts().getFirst());
      case Node.Alternate alternate -> alternate.choices().stream().allMatch(Anchors::beginsText);
      case Node.Group group -> beginsText(group.body());
      case Node.Repeat repeat -> repeat.min() > 0 && beginsText(repeat.body());
      case Node.Empty _, Node.Literal _, Node.Chars _ -> false;
    };
  }

  /** Without the anchors that say nothing once the whole text has to match. */
  static Node stripped(Node node) {
    return stripped(node, true, true);
  }

  private static Node stripped(Node node, boolean first, boolean last) {
    return switch (node) {
      case Node.Place(Assertion assertion) -> {
        boolean begins = assertion == Assertion.BEGIN_TEXT || assertion == Assertion.BEGIN_LINE;
        boolean ends = assertion == Assertion.END_TEXT || assertion == Assertion.END_LINE;
        yield (first && begins) || (last && ends) ? Node.EMPTY : node;
      }
      case Node.Concat concat -> stripped(concat.parts(), first, last);
      case Node.Alternate alternate ->
          Node.alternate(alternate.choices().stream().map(c -> stripped(c, first, last)).toList());
      case Node.Group group -> stripped(group.body(), first, last);
      case Node.Empty _, Node.Literal _, Node.Chars _, Node.Repeat _ -> node;
    };
  }

  private static Node stripped(List<Node> parts, boolean first, boolean last) {
    List<Node> kept = new ArrayList<>();
    int end = parts.size();
    List<Node> tail = new ArrayList<>();
    while (last && end > 0) {
      Node part = stripped(parts.get(end - 1), first && end == 1, true);
      end--;
      if (!(part instanceof Node.Empty)) {
        tail.add(part);
        break;
      }
    }
    for (int i = 0; i < end; i++) {
      Node part = stripped(parts.get(i), first && kept.isEmpty(), false);
      if (!(part instanceof Node.Empty)) {
        kept.add(part);
      }
    }
    kept.addAll(tail);
    return Node.concat(kept);
  }
}
