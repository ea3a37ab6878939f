/** Verbs that work on the bucket itself, with or without a running server. */
@NullMarked
package io.trilith.cli.bucket;

import org.jspecify.annotations.NullMarked;
