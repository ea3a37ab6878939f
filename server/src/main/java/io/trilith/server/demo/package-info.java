@NullMarked
package io.trilith.server.demo;

import org.jspecify.annotations.NullMarked;
