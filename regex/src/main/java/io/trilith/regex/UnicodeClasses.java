package io.trilith.regex;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The classes of {@code \p{..}}: general categories, their long names, scripts; names compare
 * without case, spaces, underscores and hyphens. A set is made when it is first asked for, and
 * kept; there are as many as Unicode has names. Thread-safe.
 */
final class UnicodeClasses {
  private static final String CATEGORIES =
      """
      L=Letter LC=Cased_Letter Lu=Uppercase_Letter Ll=Lowercase_Letter Lt=Titlecase_Letter \
      Lm=Modifier_Letter Lo=Other_Letter M=Mark M=Combining_Mark Mn=Nonspacing_Mark \
      Mc=Spacing_Mark Me=Enclosing_Mark N=Number Nd=Decimal_Number Nd=digit Nl=Letter_Number \
      No=Other_Number P=Punctuation P=punct Pc=Connector_Punctuation Pd=Dash_Punctuation \
      Ps=Open_Punctuation Pe=Close_Punctuation Pi=Initial_Punctuation Pf=Final_Punctuation \
      Po=Other_Punctuation S=Symbol Sm=Math_Symbol Sc=Currency_Symbol Sk=Modifier_Symbol \
      So=Other_Symbol Z=Separator Zs=Space_Separator Zl=Line_Separator Zp=Paragraph_Separator \
      C=Other Cc=Control Cc=cntrl Cf=Format Cs=Surrogate Co=Private_Use Cn=Unassigned\
      """;

  private static final Map<String, IntPredicate> NAMES = names();
  private static final Map<String, CharSet> SETS = new ConcurrentHashMap<>();

  private UnicodeClasses() {}

  /** Null when there is no class of this name. */
  static @Nullable CharSet find(String name) {
    String key = key(name);
    IntPredicate test = NAMES.get(key);
    return test == null ? null : SETS.computeIfAbsent(key, k -> set(test));
  }

  private static CharSet set(IntPredicate test) {
    CharSet.Builder builder = new CharSet.Builder();
    for (int c = 0; c <= CharSet.MAX; c++) {
      if (test.test(c)) {
        builder.add(c, c);
      }
    }
    return builder.build();
  }

  private static String key(String name) {
    return name.replace(" ", "").replace("_", "").replace("-", "").toLowerCase(Locale.ROOT);
  }

  private static Map<String, IntPredicate> names() {
    Map<String, IntPredicate> names = new HashMap<>();
    for (Character.UnicodeScript script : Character.UnicodeScript.values()) {
      if (script != Character.UnicodeScript.UNKNOWN) {
        names.put(key(script.name()), c -> Character.UnicodeScript.of(c) == script);
      }
    }
    for (String pair : CATEGORIES.split(" ")) {
      int at = pair.indexOf('=');
      IntPredicate test = category(pair.substring(0, at));
      names.put(key(pair.substring(0, at)), test);
      names.put(key(pair.substring(at + 1)), test);
    }
    names.put("any", c -> true);
    names.put("ascii", c -> c < 0x80);
    names.put("assigned", c -> Character.getType(c) != Character.UNASSIGNED);
    return names;
  }

  private static IntPredicate category(String code) {
    if (code.equals("LC")) {
      return c -> "Lu Ll Lt".contains(code(c));
    }
    // Of the other categories C has, unassigned is not among them for RE2.
    return code.length() == 1
        ? c -> code(c).startsWith(code) && !code(c).equals("Cn")
        : c -> code(c).equals(code);
  }

  private static String code(int codePoint) {
    return switch ((byte) Character.getType(codePoint)) {
      case Character.UPPERCASE_LETTER -> "Lu";
      case Character.LOWERCASE_LETTER -> "Ll";
      case Character.TITLECASE_LETTER -> "Lt";
      case Character.MODIFIER_LETTER -> "Lm";
      case Character.OTHER_LETTER -> "Lo";
      case Character.NON_SPACING_MARK -> "Mn";
      case Character.COMBINING_SPACING_MARK -> "Mc";
      case Character.ENCLOSING_MARK -> "Me";
      case Character.DECIMAL_DIGIT_NUMBER -> "Nd";
      case Character.LETTER_NUMBER -> "Nl";
      case Character.OTHER_NUMBER -> "No";
      case Character.CONNECTOR_PUNCTUATION -> "Pc";
      case Character.DASH_PUNCTUATION -> "Pd";
      case Character.START_PUNCTUATION -> "Ps";
      case Character.END_PUNCTUATION -> "Pe";
      case Character.INITIAL_QUOTE_PUNCTUATION -> "Pi";
      case Character.FINAL_QUOTE_PUNCTUATION -> "Pf";
      case Character.OTHER_PUNCTUATION -> "Po";
      case Character.MATH_SYMBOL -> "Sm";
      case Character.CURRENCY_SYMBOL -> "Sc";
      case Character.MODIFIER_SYMBOL -> "Sk";
      case Character.OTHER_SYMBOL -> "So";
      case Character.SPACE_SEPARATOR -> "Zs";
      case Character.LINE_SEPARATOR -> "Zl";
      case Character.PARAGRAPH_SEPARATOR -> "Zp";
      case Character.CONTROL -> "Cc";
      case Character.FORMAT -> "Cf";
      case Character.SURROGATE -> "Cs";
      case Character.PRIVATE_USE -> "Co";
      default -> "Cn";
    };
  }
}
