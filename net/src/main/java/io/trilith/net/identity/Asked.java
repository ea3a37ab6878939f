package io.trilith.net.identity;

import java.util.List;

/**
 * What the head of a request says of who asks, and for what.
 *
 * @param action for the audit log: method and route, nothing a client can choose
 * @param access who may
 * @param forTenant whether the request is about one tenant's data
 * @param authorization values of all Authorization headers
 * @param tenants values of all X-Scope-OrgID headers
 * @param forwardedFor values of all X-Forwarded-For headers
 * @param foreignPage whether a page of another origin makes the browser ask
 */
public record Asked(
    String action,
    Access access,
    boolean forTenant,
    Peer peer,
    List<String> authorization,
    List<String> tenants,
    List<String> forwardedFor,
    boolean foreignPage) {
  public Asked {
    authorization = List.copyOf(authorization);
    tenants = List.copyOf(tenants);
    forwardedFor = List.copyOf(forwardedFor);
  }
}
