package io.trilith.compactor;

import io.trilith.config.Durations;
import io.trilith.config.RetentionConfig;
import io.trilith.config.RetentionPolicy;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The policies of a configuration in the order in which they are asked. Immutable. */
public final class Policies {
  private final RetentionConfig config;
  private final List<Policy> ordered = new ArrayList<>();

  /**
   * A policy and its place in the list.
   *
   * @param key {@code retention.policies[2]}
   */
  public record Policy(String key, RetentionPolicy says) {
    boolean isOf(TenantId tenant) {
      return says.tenant().equals("*") || says.tenant().equals(tenant.value());
    }

    /** Whether it is for a signal. */
    public boolean isOf(Signal signal) {
      return says.signal() == RetentionPolicy.Scope.ALL
          || says.signal().name().equals(signal.name());
    }

    boolean isForAll() {
      return says.selector().isBlank();
    }

    /** The policy by its key and what it says. */
    public String source() {
      return key + " = " + Durations.format(says.keep());
    }
  }

  /**
   * An age at which some of a tenant's rows expire.
   *
   * @param source its key and what it says
   * @param policy null for the default
   * @param except policies that are asked before: what they are for is not meant
   */
  public record Age(String source, @Nullable Policy policy, List<Policy> except, Duration keep) {
    public Age {
      except = List.copyOf(except);
    }

    /** Whether it is for all rows of the tenant's signal. */
    boolean isForAll() {
      return except.isEmpty() && (policy == null || policy.isForAll());
    }
  }

  public Policies(RetentionConfig config) {
    this.config = config;
    for (int i = 0; i < config.policies().size(); i++) {
      ordered.add(new Policy("retention.policies[" + i + "]", config.policies().get(i)));
    }
    ordered.sort(Comparator.comparingInt((Policy policy) -> policy.says.priority()).reversed());
  }

  /** All of them, as they are asked. */
  public List<Policy> ordered() {
    return List.copyOf(ordered);
  }

  /** The longest that anything is kept, zero for ever. */
  public Duration longest() {
    Duration longest = config.keep();
    for (Policy policy : ordered) {
      longest = longer(longest, policy.says.keep());
    }
    return longest;
  }

  /** The longest that anything of a tenant's signal is kept, zero for ever. */
  Duration longest(TenantId tenant, Signal signal) {
    Duration longest = Duration.ofNanos(-1);
    for (Age age : all(tenant, signal)) {
      longest = longest.isNegative() ? age.keep : longer(longest, age.keep);
    }
    return longest;
  }

  /** Who keeps something of a tenant's signal longest. */
  String longestSource(TenantId tenant, Signal signal) {
    Duration longest = longest(tenant, signal);
    return all(tenant, signal).stream()
        .filter(age -> age.keep.equals(longest))
        .map(Age::source)
        .findFirst()
        .orElse("retention");
  }

  private static Duration longer(Duration a, Duration b) {
    if (a.isZero() || b.isZero()) {
      return Duration.ZERO;
    }
    return a.compareTo(b) >= 0 ? a : b;
  }

  /** All ages, in the order in which they are asked; none is zero. */
  public List<Age> wanted(TenantId tenant, Signal signal) {
    return all(tenant, signal).stream().filter(age -> !age.keep.isZero()).toList();
  }

  private List<Age> all(TenantId tenant, Signal signal) {
    List<Age> ages = new ArrayList<>();
    List<Policy> before = new ArrayList<>();
    for (Policy policy : ordered) {
      if (policy.isOf(tenant) && policy.isOf(signal)) {
        ages.add(new Age(policy.source(), policy, before, policy.says.keep()));
        if (policy.isForAll()) {
          return ages;
        }
        before.add(policy);
      }
    }
    ages.add(
        new Age(
            "retention.default = " + Durations.format(config.keep()), null, before, config.keep()));
    return ages;
  }

  /** The ages that are shorter than the longest of all. */
  public List<Age> ages(TenantId tenant, Signal signal) {
    if (ordered.isEmpty()) {
      return List.of();
    }
    Duration longest = longest();
    return all(tenant, signal).stream()
        .filter(age -> !age.keep.isZero() && !age.keep.equals(longest))
        .toList();
  }

  /** Policies that bound bytes. */
  List<Policy> budgets() {
    return ordered.stream().filter(policy -> policy.says.maxBytes().bytes() > 0).toList();
  }

  /** Tells two lists apart. */
  public String fingerprint() {
    StringBuilder text = new StringBuilder();
    text.append(config.keep()).append('|').append(config.maxBytes());
    for (Policy policy : ordered) {
      text.append('|').append(policy.says);
    }
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(text.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
