/** How answers look in a terminal: tables, log lines, colours. */
@NullMarked
package io.trilith.cli.print;

import org.jspecify.annotations.NullMarked;
