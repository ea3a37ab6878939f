/**
 * Several processes over one log and one bucket, simulated: the real stores, catalog, flusher and
 * merges under a seeded scheduler, held to the rules of {@code docs/decisions/0022-partitions.md}.
 */
@NullMarked
package io.trilith.server.replicas;

import org.jspecify.annotations.NullMarked;
