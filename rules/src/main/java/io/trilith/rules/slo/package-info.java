/** Service level objectives: files, the rules that follow from them, counted events, budgets. */
@NullMarked
package io.trilith.rules.slo;

import org.jspecify.annotations.NullMarked;
