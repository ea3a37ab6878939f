package io.trilith.rules.notify;

import io.trilith.storage.model.Labels;
import java.util.Map;

/**
 * The newest word on an alert, as it is sent. Times are milliseconds since 1970.
 *
 * @param endsAt when it was resolved, or until when it is to be taken for firing
 */
record Notification(
    Labels labels,
    Map<String, String> annotations,
    long startsAt,
    long endsAt,
    boolean resolved,
    String generatorUrl) {}
