package io.trilith.net.identity;

import io.trilith.config.AuthConfig;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.TenantId;
import java.net.InetAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Decides at the head of a request, before a byte of its body is taken in, who asks, whether they
 * may, and for which tenant. Refusals are counted and written into the audit log. Thread-safe.
 */
public final class AccessControl implements AutoCloseable {
  private static final String NO_CREDENTIAL = "a valid credential is needed";
  private static final String BEARER = "Bearer realm=\"trilith\"";
  private static final String BASIC = BEARER + ", Basic realm=\"trilith\", charset=\"UTF-8\"";

  private final @Nullable Credentials credentials;
  private final boolean multi;
  private final ForwardedFor proxies;
  private final AuditLog audit;
  private final AccessMetrics metrics;
  private final InstantSource clock;
  private final Passwords passwords = new Passwords();
  private final FailedPasswords failures;

  /**
   * Of a configuration.
   *
   * @param credentials null: nobody is asked for one
   * @param multi whether there is more than one tenant
   */
  public AccessControl(
      AuthConfig config,
      @Nullable Credentials credentials,
      boolean multi,
      AuditLog audit,
      AccessMetrics metrics,
      InstantSource clock) {
    this.credentials = credentials;
    this.multi = multi;
    this.proxies = new ForwardedFor(config.proxies());
    this.audit = audit;
    this.metrics = metrics;
    this.clock = clock;
    this.failures = new FailedPasswords(clock);
  }

  /** Whether credentials are asked for. */
  public boolean asks() {
    return credentials != null;
  }

  /**
   * Decides without waiting for anything.
   *
   * @return null when a password or a signature has to be checked: then {@link #admit} decides
   * @throws AccessRefusedException when it is not let in
   * @throws InvalidRequestException when the tenant's name is none
   */
  public @Nullable Admitted admitAtOnce(Asked asked) {
    InetAddress address = proxies.client(asked.peer().address(), asked.forwardedFor());
    try {
      Caller caller = atOnce(asked);
      return caller == null ? null : admit(asked, caller, address);
    } catch (AccessRefusedException e) {
      throw told(e, asked, Caller.ANYONE, address);
    }
  }

  /** Decides. May block. Throws as {@link #admitAtOnce}. */
  public Admitted admit(Asked asked) {
    Admitted known = admitAtOnce(asked);
    if (known != null) {
      return known;
    }
    InetAddress address = proxies.client(asked.peer().address(), asked.forwardedFor());
    try {
      return admit(asked, checked(asked, address), address);
    } catch (AccessRefusedException e) {
      throw told(e, asked, Caller.ANYONE, address);
    }
  }

  private Admitted admit(Asked asked, Caller caller, InetAddress address) {
    try {
      if (asked.foreignPage()) {
        throw new AccessRefusedException(
            AccessRefusedException.Cause.ORIGIN, "pages of other origins may not ask this");
      }
      if (!asked.access().isFor(caller)) {
        throw new AccessRefusedException(
            AccessRefusedException.Cause.SCOPE,
            "the credential lacks the scope " + asked.access().text());
      }
      return new Admitted(caller, tenant(asked, caller), address);
    } catch (AccessRefusedException e) {
      throw told(e, asked, caller, address);
    }
  }

  private TenantId tenant(Asked asked, Caller caller) {
    if (!multi || !asked.forTenant()) {
      return TenantId.ANONYMOUS;
    }
    List<String> named = asked.tenants();
    if (named.size() > 1) {
      throw new AccessRefusedException(
          AccessRefusedException.Cause.MALFORMED, "several X-Scope-OrgID headers");
    }
    if (named.isEmpty() || named.getFirst().isEmpty()) {
      TenantId only = caller.tenants().only();
      if (only == null) {
        throw new AccessRefusedException(
            AccessRefusedException.Cause.NO_TENANT, "no org id", challenge());
      }
      return only;
    }
    TenantId tenant = new TenantId(named.getFirst());
    if (!caller.tenants().contains(tenant)) {
      throw new AccessRefusedException(
          AccessRefusedException.Cause.TENANT, "the credential is not for this tenant");
    }
    return tenant;
  }

  /** The caller as far as that is known without work; null when there is work. */
  private @Nullable Caller atOnce(Asked asked) {
    if (credentials == null || asked.access() instanceof Access.Everyone) {
      return Caller.ANYONE;
    }
    KnownCallers known = credentials.known();
    if (asked.authorization().isEmpty()) {
      Caller caller = known.certificate(asked.peer().certificateNames());
      if (caller == null) {
        throw unauthenticated();
      }
      return caller;
    }
    return switch (authorization(asked)) {
      case Authorization.Bearer(String token) -> bearerAtOnce(known, token);
      case Authorization.Basic(String user, String password) -> {
        KnownCallers.User found = known.user(user);
        boolean right = found != null && passwords.wasRight(user, password, found.hash().value());
        yield right && found != null ? found.caller() : null;
      }
    };
  }

  private Authorization authorization(Asked asked) {
    if (asked.authorization().size() > 1) {
      throw new AccessRefusedException(
          AccessRefusedException.Cause.MALFORMED, "several Authorization headers");
    }
    Authorization authorization = Authorization.parse(asked.authorization().getFirst());
    if (authorization == null) {
      throw unauthenticated();
    }
    return authorization;
  }

  private @Nullable Caller bearerAtOnce(KnownCallers known, String token) {
    Caller caller = known.token(token, clock.instant());
    if (caller != null) {
      return caller;
    }
    if (!mayBeJwt(token) || known.issuers().isEmpty()) {
      throw unauthenticated();
    }
    String digest = Digests.hex(token);
    for (JwtIssuer issuer : known.issuers()) {
      Caller remembered = issuer.remembered(digest);
      if (remembered != null) {
        return remembered;
      }
    }
    return null;
  }

  private static boolean mayBeJwt(String token) {
    return token.length() <= JwtIssuer.LENGTH_MAX
        && token.chars().filter(c -> c == '.').count() == 2;
  }

  private Caller checked(Asked asked, InetAddress address) {
    KnownCallers known = Objects.requireNonNull(credentials).known();
    Caller caller =
        switch (authorization(asked)) {
          case Authorization.Bearer(String token) -> jwt(known, token);
          case Authorization.Basic(String user, String password) ->
              user(known, user, password, address);
        };
    if (caller == null) {
      throw unauthenticated();
    }
    return caller;
  }

  private static @Nullable Caller jwt(KnownCallers known, String token) {
    String issuer = JwtIssuer.issuerOf(token);
    String digest = Digests.hex(token);
    for (JwtIssuer one : known.issuers()) {
      Caller caller = one.issuer().equals(issuer) ? one.check(token, digest) : null;
      if (caller != null) {
        return caller;
      }
    }
    return null;
  }

  private @Nullable Caller user(
      KnownCallers known, String user, String password, InetAddress address) {
    if (!known.hasUsers()) {
      return null;
    }
    if (failures.tooMany(address, user)) {
      throw AccessRefusedException.tooMany("too many wrong passwords; try again in a minute");
    }
    KnownCallers.User found = known.user(user);
    if (found == null) {
      passwords.compareWithNothing(password, known.dearestCost());
    } else if (passwords.isRight(user, password, found.hash().value())) {
      return found.caller();
    }
    failures.failed(address, user);
    return null;
  }

  private AccessRefusedException unauthenticated() {
    return new AccessRefusedException(
        AccessRefusedException.Cause.UNAUTHENTICATED, NO_CREDENTIAL, challenge());
  }

  private String challenge() {
    return credentials != null && credentials.known().hasUsers() ? BASIC : BEARER;
  }

  /** Counts a refusal and writes it down, once. */
  private AccessRefusedException told(
      AccessRefusedException refusal, Asked asked, Caller caller, InetAddress address) {
    if (refusal.isTold()) {
      return refusal;
    }
    refusal.tell();
    metrics.denied(refusal.why());
    boolean unknown = refusal.why() == AccessRefusedException.Cause.UNAUTHENTICATED;
    audit.refused(
        new AuditLog.Entry(
            clock.instant(),
            caller,
            asked.action(),
            asked.tenants().isEmpty() ? "" : asked.tenants().getFirst(),
            unknown ? "unauthenticated" : "denied",
            refusal.status(),
            address.getHostAddress(),
            Map.of()));
    return refusal;
  }

  /** Writes down what was done by a request that was let in. */
  public void done(Admitted who, String action, int status, Map<String, List<String>> details) {
    audit.done(
        new AuditLog.Entry(
            clock.instant(),
            who.caller(),
            action,
            who.tenant().value(),
            status < 400 ? "ok" : "failed",
            status,
            who.address().getHostAddress(),
            details));
  }

  @Override
  public void close() {
    passwords.close();
    audit.close();
  }
}
