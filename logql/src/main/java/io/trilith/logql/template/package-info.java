@NullMarked
package io.trilith.logql.template;

import org.jspecify.annotations.NullMarked;
