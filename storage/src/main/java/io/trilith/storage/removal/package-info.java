/** Rows that are there and must not be seen: deleted ones, and those that a policy lets expire. */
@NullMarked
package io.trilith.storage.removal;

import org.jspecify.annotations.NullMarked;
