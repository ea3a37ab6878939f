@NullMarked
package io.trilith.storage.catalog;

import org.jspecify.annotations.NullMarked;
