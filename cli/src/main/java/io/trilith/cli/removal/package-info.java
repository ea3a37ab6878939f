/** The verbs that remove data, on a running server or on a bucket that no server has. */
@NullMarked
package io.trilith.cli.removal;

import org.jspecify.annotations.NullMarked;
