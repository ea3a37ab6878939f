/** What the merges of all stores share: which blocks become one, and when the old ones go. */
@NullMarked
package io.trilith.storage.merge;

import org.jspecify.annotations.NullMarked;
