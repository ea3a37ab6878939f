@NullMarked
package io.trilith.testing.s3;

import org.jspecify.annotations.NullMarked;
