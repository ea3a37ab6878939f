package io.trilith.server;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.config.ConfigException;
import io.trilith.config.RulesConfig;
import io.trilith.net.Routes;
import io.trilith.promql.parser.QueryParser;
import io.trilith.rules.api.RulerConfigApi;
import io.trilith.rules.api.RulesApi;
import io.trilith.rules.eval.RuleStates;
import io.trilith.rules.eval.Ruler;
import io.trilith.rules.file.Problem;
import io.trilith.rules.notify.Notifier;
import io.trilith.storage.error.StorageException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The rules of a server: evaluation, notifications and what is told of them. Thread-safe. */
final class ServedRules implements AutoCloseable {
  /** How often the state of rules is written as an object. */
  static final Duration STATE_INTERVAL = Duration.ofMinutes(1);

  private static final Logger log = LoggerFactory.getLogger(ServedRules.class);

  private final Notifier notifier;
  private final Ruler ruler;
  private final QueryParser parser;
  private final RuleStates states;

  /** Throws ConfigException when a rule file is wrong. */
  ServedRules(
      RulesConfig config,
      RuleStates states,
      Ruler.Sources sources,
      QueryParser parser,
      PrometheusRegistry registry,
      InstantSource clock) {
    this.parser = parser;
    this.states = states;
    notifier = new Notifier(config, registry, clock);
    ruler = new Ruler(config, states, sources, notifier, registry, clock);
    List<Problem> problems = ruler.reload();
    if (!problems.isEmpty()) {
      throw new ConfigException(
          problems.stream()
              .map(problem -> "rules.files: " + problem)
              .collect(Collectors.joining("\n")));
    }
  }

  void register(Routes routes) {
    new RulesApi(ruler, notifier.urls(), parser).register(routes);
    new RulerConfigApi(ruler).register(routes);
  }

  void start() {
    ruler.start();
  }

  void reload() {
    List<Problem> _ = ruler.reload();
  }

  /** As the last thing before the log is emptied: what cannot be written stays in the log. */
  void writeLastState() {
    try {
      states.write();
    } catch (StorageException e) {
      log.warn("the state of rules stays in the log: {}", e.getMessage());
    }
  }

  /** Evaluates no more; alerts that wait are sent once. */
  @Override
  public void close() {
    ruler.close();
    notifier.close();
  }
}
