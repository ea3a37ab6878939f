package io.trilith.net.identity;

import io.trilith.config.Scope;
import java.util.Set;
import java.util.stream.Collectors;

/** Who may use a route. */
public sealed interface Access {
  /** Everyone, without a credential. */
  record Everyone() implements Access {
    @Override
    public boolean isFor(Caller caller) {
      return true;
    }
  }

  /** Everyone with a credential. */
  record AnyCaller() implements Access {
    @Override
    public boolean isFor(Caller caller) {
      return true;
    }
  }

  /** Who has all of these scopes. */
  record AllOf(Set<Scope> scopes) implements Access {
    public AllOf {
      scopes = Set.copyOf(scopes);
    }

    @Override
    public boolean isFor(Caller caller) {
      return caller.scopes().containsAll(scopes);
    }
  }

  /** Who has one of these scopes; the handler asks for the one that the request's content needs. */
  record OneOf(Set<Scope> scopes) implements Access {
    public OneOf {
      scopes = Set.copyOf(scopes);
    }

    @Override
    public boolean isFor(Caller caller) {
      return scopes.stream().anyMatch(caller::may);
    }
  }

  boolean isFor(Caller caller);

  /** The scopes, for people. */
  default String text() {
    return switch (this) {
      case Everyone _, AnyCaller _ -> "";
      case AllOf all -> join(all.scopes(), " and ");
      case OneOf one -> join(one.scopes(), " or ");
    };
  }

  private static String join(Set<Scope> scopes, String word) {
    return scopes.stream().sorted().map(Scope::text).collect(Collectors.joining(word));
  }

  /** Whether what is done here is written into the audit log and refused to pages of others. */
  default boolean isSensitive() {
    return switch (this) {
      case Everyone _, AnyCaller _, OneOf _ -> false;
      case AllOf all ->
          all.scopes().contains(Scope.ADMIN)
              || all.scopes().contains(Scope.DELETE)
              || all.scopes().contains(Scope.RULES);
    };
  }
}
