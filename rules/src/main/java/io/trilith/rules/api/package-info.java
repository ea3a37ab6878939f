/** What is told of rules over HTTP, and how groups are set. */
@NullMarked
package io.trilith.rules.api;

import org.jspecify.annotations.NullMarked;
