package io.trilith.rules.notify;

import io.trilith.config.ReceiverConfig;
import io.trilith.query.json.JsonWriter;
import io.trilith.storage.model.Labels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Writes messages as each kind of receiver reads them. */
final class ReceiverPayload {
  private static final String NO_END = "0001-01-01T00:00:00Z";
  private static final int SUMMARY_MAX = 1024;
  private static final int SLACK_ALERTS_MAX = 50;
  private static final long FNV_START = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;
  private static final int SEPARATOR = 0xff;
  private static final Set<String> SEVERITIES = Set.of("critical", "error", "warning", "info");

  private ReceiverPayload() {}

  /**
   * The body of a message.
   *
   * @param externalUrl by which people reach the server
   */
  static byte[] of(ReceiverConfig receiver, GroupMessage message, String externalUrl)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    JsonWriter json = new JsonWriter(bytes);
    switch (receiver.kind()) {
      case WEBHOOK -> webhook(receiver, message, externalUrl, json);
      case SLACK -> slack(message, json);
      case PAGERDUTY -> pagerduty(receiver, message, externalUrl, json);
    }
    json.flush();
    return bytes.toByteArray();
  }

  private static String status(boolean resolved) {
    return resolved ? "resolved" : "firing";
  }

  /** What a group is known by, as Alertmanager writes it for a single route. */
  private static String key(GroupMessage message) {
    return "{}:" + message.group();
  }

  /** Version 4, as Alertmanager documents it. */
  private static void webhook(
      ReceiverConfig receiver, GroupMessage message, String externalUrl, JsonWriter json)
      throws IOException {
    json.beginObject().name("receiver").value(receiver.name());
    json.name("status").value(status(message.isResolved()));
    json.name("alerts").beginArray();
    List<Notification> all = message.all();
    for (int i = 0; i < all.size(); i++) {
      Notification alert = all.get(i);
      boolean resolved = i >= message.firing().size();
      json.beginObject().name("status").value(status(resolved)).name("labels");
      texts(alert.labels().toMap(), json);
      texts(alert.annotations(), json.name("annotations"));
      json.name("startsAt").value(Instant.ofEpochMilli(alert.startsAt()).toString());
      json.name("endsAt")
          .value(resolved ? Instant.ofEpochMilli(alert.endsAt()).toString() : NO_END);
      json.name("generatorURL").value(alert.generatorUrl());
      json.name("fingerprint").value(fingerprint(alert.labels())).endObject();
    }
    json.endArray();
    texts(message.group().toMap(), json.name("groupLabels"));
    texts(message.commonLabels(), json.name("commonLabels"));
    texts(message.commonAnnotations(), json.name("commonAnnotations"));
    json.name("externalURL").value(externalUrl).name("version").value("4");
    json.name("groupKey").value(key(message)).name("truncatedAlerts").value(0).endObject();
  }

  private static void texts(Map<String, String> texts, JsonWriter json) throws IOException {
    json.beginObject();
    for (Map.Entry<String, String> text : texts.entrySet()) {
      json.name(text.getKey()).value(text.getValue());
    }
    json.endObject();
  }

  /** As Prometheus' label sets are: FNV-1a of 64 bits over names and values by name. */
  static String fingerprint(Labels labels) {
    long hash = FNV_START;
    for (Map.Entry<String, String> label : new TreeMap<>(labels.toMap()).entrySet()) {
      hash = add(hash, label.getKey());
      hash = add(hash, label.getValue());
    }
    return HexFormat.of().toHexDigits(hash);
  }

  private static long add(long start, String text) {
    long hash = start;
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * FNV_PRIME;
    }
    return (hash ^ SEPARATOR) * FNV_PRIME;
  }

  /** {@code [FIRING:2] HighErrors (shop)}, as Alertmanager's templates have it. */
  private static String title(GroupMessage message) {
    StringBuilder title = new StringBuilder("[");
    title.append(status(message.isResolved()).toUpperCase(Locale.ROOT));
    if (!message.isResolved()) {
      title.append(':').append(message.firing().size());
    }
    title.append("] ").append(String.join(" ", message.group().toMap().values()));
    Map<String, String> common = new TreeMap<>(message.commonLabels());
    common.keySet().removeAll(message.group().toMap().keySet());
    if (!common.isEmpty()) {
      title.append(" (").append(String.join(" ", common.values())).append(')');
    }
    return title.toString();
  }

  private static void slack(GroupMessage message, JsonWriter json) throws IOException {
    String title = title(message);
    json.beginObject().name("text").value(escaped(title)).name("attachments").beginArray();
    json.beginObject().name("color").value(message.isResolved() ? "good" : "danger");
    json.name("fallback").value(escaped(title)).name("title").value(escaped(title));
    String link = message.all().getFirst().generatorUrl();
    if (link.startsWith("http")) {
      json.name("title_link").value(link);
    }
    json.name("text").value(lines(message));
    json.name("mrkdwn_in").beginArray().value("text").endArray();
    json.endObject().endArray().endObject();
  }

  private static String lines(GroupMessage message) {
    StringBuilder text = new StringBuilder();
    int shown = 0;
    for (Notification alert : message.all()) {
      if (shown++ == SLACK_ALERTS_MAX) {
        text.append("and ").append(message.all().size() - SLACK_ALERTS_MAX).append(" more\n");
        break;
      }
      text.append(message.firing().contains(alert) ? "*firing* " : "*resolved* ");
      text.append(escaped(words(alert))).append('\n');
    }
    return text.toString().strip();
  }

  /** What people call the alert: its summary, its description or its labels. */
  private static String words(Notification alert) {
    String summary = alert.annotations().getOrDefault("summary", "");
    String description = alert.annotations().getOrDefault("description", "");
    String words = summary.isEmpty() ? description : summary;
    return words.isEmpty() ? alert.labels().toString() : words;
  }

  /** The three characters that Slack takes for markup. */
  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  private static void pagerduty(
      ReceiverConfig receiver, GroupMessage message, String externalUrl, JsonWriter json)
      throws IOException {
    json.beginObject().name("routing_key").value(receiver.routingKey().value());
    json.name("event_action").value(message.isResolved() ? "resolve" : "trigger");
    json.name("dedup_key").value(hash(message.tenant() + " " + key(message)));
    json.name("client").value("Trilith").name("client_url").value(externalUrl);
    json.name("payload").beginObject();
    json.name("summary").value(cut(title(message) + " " + words(message.all().getFirst())));
    json.name("source").value(externalUrl.isEmpty() ? "Trilith" : externalUrl);
    String severity = message.commonLabels().getOrDefault("severity", "error");
    json.name("severity").value(SEVERITIES.contains(severity) ? severity : "error");
    json.name("custom_details").beginObject();
    json.name("num_firing").value(message.firing().size());
    json.name("num_resolved").value(message.resolved().size());
    texts(message.commonLabels(), json.name("labels"));
    texts(message.commonAnnotations(), json.name("annotations"));
    json.endObject().endObject().endObject();
  }

  private static String cut(String text) {
    return text.length() <= SUMMARY_MAX ? text : text.substring(0, SUMMARY_MAX);
  }

  private static String hash(String text) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
