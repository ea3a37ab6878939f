package io.trilith.config;

/** How tenants are told apart. */
public record TenancyConfig(
    @Key(
            doc =
                "Take the tenant from X-Scope-OrgID and answer 401 without it. Off: everything belongs to 'anonymous'.",
            value = "false")
        boolean multi) {}
