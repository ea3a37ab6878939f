@NullMarked
package io.trilith.logstore.head;

import org.jspecify.annotations.NullMarked;
