/** Asking a running server over HTTP, as its users do. */
@NullMarked
package io.trilith.cli.client;

import org.jspecify.annotations.NullMarked;
