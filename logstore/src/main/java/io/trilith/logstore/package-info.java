@NullMarked
package io.trilith.logstore;

import org.jspecify.annotations.NullMarked;
