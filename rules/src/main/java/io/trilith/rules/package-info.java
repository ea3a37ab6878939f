/** Recording and alerting rules: what they are. How they are read, run and told is below. */
@NullMarked
package io.trilith.rules;

import org.jspecify.annotations.NullMarked;
