/**
 * One process on a bucket: its data directory and log, its place among other servers, its stores,
 * and what they have to be done in the background.
 */
@NullMarked
package io.trilith.server.node;

import org.jspecify.annotations.NullMarked;
