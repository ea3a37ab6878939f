/**
 * The store: takes batches, keeps heads and blocks of each tenant, merges blocks, hides what is
 * removed.
 */
@NullMarked
package io.trilith.tsdb.store;

import org.jspecify.annotations.NullMarked;
