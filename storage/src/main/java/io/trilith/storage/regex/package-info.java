@NullMarked
package io.trilith.storage.regex;

import org.jspecify.annotations.NullMarked;
