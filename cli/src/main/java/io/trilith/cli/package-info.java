/** The command line: {@code main}, and the verbs that run or describe a server. */
@NullMarked
package io.trilith.cli;

import org.jspecify.annotations.NullMarked;
