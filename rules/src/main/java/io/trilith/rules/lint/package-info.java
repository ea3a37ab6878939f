/** What is wrong with rules that a server would take: by themselves, and against its data. */
@NullMarked
package io.trilith.rules.lint;

import org.jspecify.annotations.NullMarked;
