/** Tests of rules as promtool runs them. */
@NullMarked
package io.trilith.rules.unittest;

import org.jspecify.annotations.NullMarked;
