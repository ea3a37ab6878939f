package io.trilith.net.identity;

import io.trilith.storage.model.TenantId;
import java.net.InetAddress;

/**
 * A request that may go on, before its body is there.
 *
 * @param tenant whose data it is about; anonymous where it is about nobody's
 * @param address of the client, behind proxies that are believed
 */
public record Admitted(Caller caller, TenantId tenant, InetAddress address) {}
