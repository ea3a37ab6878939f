@NullMarked
package io.trilith.storage.model;

import org.jspecify.annotations.NullMarked;
