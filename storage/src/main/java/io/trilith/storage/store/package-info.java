/**
 * What the three stores are to those that serve them alike: flushes, merges, removals, the log that
 * is read back.
 */
@NullMarked
package io.trilith.storage.store;

import org.jspecify.annotations.NullMarked;
