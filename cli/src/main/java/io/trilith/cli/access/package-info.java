@NullMarked
package io.trilith.cli.access;

import org.jspecify.annotations.NullMarked;
