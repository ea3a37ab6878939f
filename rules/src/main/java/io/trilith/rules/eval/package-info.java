/** Evaluation of groups, tick by tick, and the state of alerts. */
@NullMarked
package io.trilith.rules.eval;

import org.jspecify.annotations.NullMarked;
