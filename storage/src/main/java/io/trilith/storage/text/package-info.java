/** Numbers, lengths of time and times as users write them: one reader for each grammar. */
@NullMarked
package io.trilith.storage.text;

import org.jspecify.annotations.NullMarked;
