@NullMarked
package io.trilith.query.loki;

import org.jspecify.annotations.NullMarked;
