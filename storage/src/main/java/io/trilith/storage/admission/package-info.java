/** Who may go on and who waits, fair between tenants. */
@org.jspecify.annotations.NullMarked
package io.trilith.storage.admission;
