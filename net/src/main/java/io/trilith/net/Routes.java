package io.trilith.net;

import io.trilith.config.Scope;
import io.trilith.net.identity.Access;
import java.util.Set;

/**
 * The routes of a listener. Whoever adds one says first who may use it: there is no way to add one
 * without.
 */
public interface Routes {
  /** Routes for those whom an access names. */
  ScopedRoutes allowing(Access access);

  /** Routes for callers who have this scope. */
  default ScopedRoutes needs(Scope scope) {
    return allowing(new Access.AllOf(Set.of(scope)));
  }

  /** Routes for callers who have all of these scopes. */
  default ScopedRoutes needsAll(Scope... scopes) {
    return allowing(new Access.AllOf(Set.of(scopes)));
  }

  /**
   * Routes for callers who have one of these scopes. The handler asks {@link HttpRequest#caller}
   * for the one that the content of a request needs.
   */
  default ScopedRoutes needsOneOf(Scope... scopes) {
    return allowing(new Access.OneOf(Set.of(scopes)));
  }

  /** Routes for everyone who has a credential; without tenant and queue. */
  default ScopedRoutes forAnyCaller() {
    return allowing(new Access.AnyCaller()).open();
  }

  /** Routes for everyone; without tenant and queue. They say next to nothing. */
  default ScopedRoutes forEveryone() {
    return allowing(new Access.Everyone()).open();
  }
}
