/** The verbs on rule files, rules that run and service level objectives. */
@NullMarked
package io.trilith.cli.rules;

import org.jspecify.annotations.NullMarked;
