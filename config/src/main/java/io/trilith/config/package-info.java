@NullMarked
package io.trilith.config;

import org.jspecify.annotations.NullMarked;
