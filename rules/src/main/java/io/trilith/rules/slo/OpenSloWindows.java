package io.trilith.rules.slo;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.trilith.rules.file.YamlFields;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/** Reads the windows of SLOs: rolling ones, and those of a calendar. */
final class OpenSloWindows {
  private static final Pattern LENGTH = Pattern.compile("([1-9][0-9]{0,3})([dwMQY])");
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm[:ss]", Locale.ROOT);

  private final SloFields read;

  OpenSloWindows(SloFields read) {
    this.read = read;
  }

  /** The one window of an SLO; null after a problem. */
  @Nullable SloWindow read(YamlFields spec) {
    List<Node> all = spec.list("timeWindow");
    if (all.size() != 1) {
      read.add(spec.place("timeWindow"), "timeWindow", "must be a list of exactly one window");
      return null;
    }
    YamlFields fields =
        read.of(all.getFirst(), "a timeWindow", Set.of("duration", "isRolling", "calendar"));
    boolean rolling = fields.flag("isRolling");
    YamlFields calendar =
        read.map(fields, "calendar", "timeWindow.calendar", Set.of("startTime", "timeZone"));
    if (rolling == (calendar != null)) {
      read.add(
          fields.node(),
          "timeWindow",
          rolling
              ? "a rolling window has no calendar"
              : "a window that does not roll needs a calendar");
      return null;
    }
    return calendar == null ? rolling(fields, "duration") : calendar(fields, calendar);
  }

  private @Nullable SloWindow rolling(YamlFields fields, String key) {
    Matcher length = LENGTH.matcher(fields.text(key));
    if (length.matches() && "MQY".contains(length.group(2))) {
      read.add(
          fields.get(key),
          key,
          "'" + fields.text(key) + "' is not of one length; a rolling window is as 30d or 4w");
      return null;
    }
    OptionalLong millis =
        read.window(fields.has(key) ? fields.get(key) : fields.node(), key, fields.text(key));
    return millis.isEmpty() ? null : new SloWindow.Rolling(millis.getAsLong());
  }

  private @Nullable SloWindow calendar(YamlFields fields, YamlFields calendar) {
    Matcher length = LENGTH.matcher(fields.text("duration"));
    if (!length.matches()) {
      read.add(
          fields.has("duration") ? fields.get("duration") : fields.node(),
          "duration",
          "'" + fields.text("duration") + "' must be whole d, w, M, Q or Y, as 1M");
      return null;
    }
    ZonedDateTime first = time(calendar);
    return first == null
        ? null
        : new SloWindow.Calendar(first, unit(length.group(2)), Integer.parseInt(length.group(1)));
  }

  /** The unit of a letter. */
  static SloWindow.Calendar.Unit unit(String letter) {
    for (SloWindow.Calendar.Unit unit : SloWindow.Calendar.Unit.values()) {
      if (unit.text().equals(letter)) {
        return unit;
      }
    }
    throw new IllegalArgumentException(letter);
  }

  private @Nullable ZonedDateTime time(YamlFields calendar) {
    String text = calendar.text("startTime");
    String zone = calendar.text("timeZone");
    try {
      ZoneId id = zone.isEmpty() ? ZoneOffset.UTC : ZoneId.of(zone);
      LocalDateTime time =
          text.length() <= 10
              ? LocalDate.parse(text).atStartOfDay()
              : LocalDateTime.parse(text.replace('T', ' ').replace("Z", ""), TIME);
      if (time.getSecond() == 0) {
        return time.atZone(id);
      }
      read.add(calendar.get("startTime"), "startTime", "'" + text + "' must be a whole minute");
    } catch (DateTimeParseException e) {
      read.add(
          calendar.has("startTime") ? calendar.get("startTime") : calendar.node(),
          "startTime",
          "'" + text + "' is no time; write 2026-01-01 00:00:00");
    } catch (DateTimeException e) {
      read.add(
          calendar.get("timeZone"),
          "timeZone",
          "'" + zone + "' is no time zone; write Europe/Berlin or UTC");
    }
    return null;
  }
}
