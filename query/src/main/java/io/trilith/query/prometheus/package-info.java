@NullMarked
package io.trilith.query.prometheus;

import org.jspecify.annotations.NullMarked;
