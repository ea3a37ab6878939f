@NullMarked
package io.trilith.cli.demo;

import org.jspecify.annotations.NullMarked;
