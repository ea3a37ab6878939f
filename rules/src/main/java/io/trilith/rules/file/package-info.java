/** Rule files and groups in YAML: reading strictly, writing. */
@NullMarked
package io.trilith.rules.file;

import org.jspecify.annotations.NullMarked;
