/** Asking a running server over HTTP, as its users do. */
@NullMarked
package io.trilith.server.client;

import org.jspecify.annotations.NullMarked;
