/** The account of the heap: who may hold how much of what grows with input. */
@org.jspecify.annotations.NullMarked
package io.trilith.storage.memory;
