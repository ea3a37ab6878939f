/** The verbs that ask a running server for data. */
@NullMarked
package io.trilith.cli.query;

import org.jspecify.annotations.NullMarked;
