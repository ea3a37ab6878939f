@NullMarked
package io.trilith.server;

import org.jspecify.annotations.NullMarked;
