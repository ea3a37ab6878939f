/** What takes data away, as operators ask for it: its answers, and the requests that want them. */
@NullMarked
package io.trilith.server.removal;

import org.jspecify.annotations.NullMarked;
