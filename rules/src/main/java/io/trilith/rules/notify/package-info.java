/** Alerts on their way to Alertmanagers. */
@NullMarked
package io.trilith.rules.notify;

import org.jspecify.annotations.NullMarked;
