package io.trilith.rules.eval;

import io.trilith.storage.model.Labels;

/** The series in which alerts are stored. */
final class AlertSeries {
  static final String ALERTS = "ALERTS";
  static final String FOR_STATE = "ALERTS_FOR_STATE";
  static final String ALERT_NAME = "alertname";
  private static final String STATE = "alertstate";

  private AlertSeries() {}

  static Labels alerts(Alert alert) {
    return alert.labels().toBuilder()
        .set(Labels.NAME, ALERTS)
        .set(STATE, alert.state().text())
        .build();
  }

  static Labels forState(Alert alert) {
    return alert.labels().toBuilder().set(Labels.NAME, FOR_STATE).build();
  }
}
