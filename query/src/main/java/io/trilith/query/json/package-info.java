@NullMarked
package io.trilith.query.json;

import org.jspecify.annotations.NullMarked;
