package io.trilith.promql;

/** An annotation that is told later. */
record Note(boolean warning, String text, int position) {
  void tell(Notes notes) {
    if (warning) {
      notes.warn(text, position);
    } else {
      notes.info(text, position);
    }
  }
}
