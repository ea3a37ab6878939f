package io.trilith.config;

/**
 * What one tenant's telemetry may look like, how much of it may come, and what its queries may
 * cost. One object stays the same until the file it comes from changes, so that what follows from
 * it can be kept beside it. Immutable.
 */
public record TenantLimits(
    LimitsConfig metrics, LogLimitsConfig logs, TraceLimitsConfig traces, TenantRates rates) {
  /** Those of tenants without overrides. */
  public static TenantLimits of(TrilithConfig config) {
    return new TenantLimits(
        config.limits(), config.logLimits(), config.traceLimits(), TenantRates.NONE);
  }

  /** Every limit at its default. */
  public static TenantLimits defaults() {
    return new TenantLimits(
        LimitsConfig.defaults(),
        LogLimitsConfig.defaults(),
        TraceLimitsConfig.defaults(),
        TenantRates.NONE);
  }
}
