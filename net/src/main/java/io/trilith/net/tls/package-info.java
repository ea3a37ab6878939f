/** Certificates and keys of the listeners, as files have them now. */
@NullMarked
package io.trilith.net.tls;

import org.jspecify.annotations.NullMarked;
