package io.trilith.engine.template;

import io.trilith.storage.text.GoNumber;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Functions over times. */
final class TimeFunctions {
  private TimeFunctions() {}

  static void add(Map<String, TemplateFunction> all) {
    all.put("now", _ -> new GoTime(Instant.now().atZone(ZoneOffset.UTC)));
    all.put("date", a -> time(a.get(1)).format(a.text(0)));
    all.put("toDate", a -> parse(a.text(0), a.text(1), ZoneOffset.UTC));
    all.put("toDateInZone", a -> parse(a.text(0), a.text(2), GoTime.zone(a.text(1))));
    all.put("unixEpoch", a -> Long.toString(time(a.get(0)).seconds()));
    all.put(
        "unixEpochMillis", a -> Long.toString(time(a.get(0)).time().toInstant().toEpochMilli()));
    all.put(
        "unixEpochNanos",
        a -> {
          GoTime time = time(a.get(0));
          return Long.toString(time.seconds() * 1_000_000_000L + time.time().getNano());
        });
    all.put("unixToTime", a -> ofEpoch(a.text(0)));
  }

  private static GoTime parse(String layout, String text, ZoneId zone) throws TemplateException {
    return new GoTime(GoLayout.parse(layout, text, zone));
  }

  private static GoTime time(@Nullable Object value) throws TemplateException {
    return switch (value) {
      case GoTime time -> time;
      case Long seconds -> GoTime.ofSeconds(seconds);
      case null, default ->
          throw new TemplateException(
              "wrong type for value; expected time.Time; got " + GoValues.type(value));
    };
  }

  /** The unit is told by the number of digits only. */
  private static GoTime ofEpoch(String text) throws TemplateException {
    OptionalLong number = GoNumber.whole(text);
    if (number.isEmpty()) {
      throw new TemplateException("unable to parse time '" + text + "': invalid syntax");
    }
    long value = number.getAsLong();
    return switch (text.length()) {
      case 5 -> GoTime.ofSeconds(value * 86_400);
      case 10 -> GoTime.ofSeconds(value);
      case 13 -> GoTime.ofNanos(value * 1_000_000);
      case 16 -> GoTime.ofNanos(value * 1_000);
      case 19 -> GoTime.ofNanos(value);
      default -> throw new TemplateException("unable to parse time '" + text + "'");
    };
  }
}
