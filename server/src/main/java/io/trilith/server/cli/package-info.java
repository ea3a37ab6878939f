/** The verbs that ask a running server, and how their answers look in a terminal. */
@NullMarked
package io.trilith.server.cli;

import org.jspecify.annotations.NullMarked;
