/** Pages of split lines: templates, columns of what varies in them, filters over both. */
@NullMarked
package io.trilith.logstore.page;

import org.jspecify.annotations.NullMarked;
