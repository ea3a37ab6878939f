package io.trilith.server;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.config.ConfigException;
import io.trilith.config.RulesConfig;
import io.trilith.config.SlosConfig;
import io.trilith.net.Routes;
import io.trilith.promql.parser.QueryParser;
import io.trilith.rules.api.BackfillApi;
import io.trilith.rules.api.RulerConfigApi;
import io.trilith.rules.api.RulesApi;
import io.trilith.rules.api.SilencesApi;
import io.trilith.rules.eval.RuleStates;
import io.trilith.rules.eval.Ruler;
import io.trilith.rules.file.Problem;
import io.trilith.rules.notify.Notifier;
import io.trilith.rules.slo.Slos;
import io.trilith.rules.slo.SlosApi;
import io.trilith.server.node.Background;
import io.trilith.server.node.WriteAccess;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.TenantId;
import io.trilith.tsdb.store.MetricAppender;
import io.trilith.tsdb.store.NotedAppender;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The rules of a server: evaluation, notifications and what is told of them. Thread-safe. */
final class ServedRules implements AutoCloseable {
  /** How often the state of rules is written as an object. */
  private static final Duration STATE_INTERVAL = Duration.ofMinutes(1);

  /** How often it is looked whether events of SLOs are to be counted. */
  private static final Duration COUNT_INTERVAL = Duration.ofSeconds(1);

  private static final Logger log = LoggerFactory.getLogger(ServedRules.class);

  private final Notifier notifier;
  private final Ruler ruler;
  private final Slos slos;
  private final QueryParser parser;
  private final RuleStates states;
  private final NotedAppender appender;
  private final MetricAppender samples;
  private final InstantSource clock;
  private final Duration filesInterval;

  /** Of rules, and of the SLOs that rules follow from. */
  record Settings(RulesConfig rules, SlosConfig slos, int depthMax) {}

  /** Throws ConfigException when a file is wrong. */
  ServedRules(
      Settings settings,
      RuleStates states,
      Ruler.Sources sources,
      MetricAppender samples,
      QueryParser parser,
      PrometheusRegistry registry,
      InstantSource clock) {
    this.parser = parser;
    this.states = states;
    this.appender = sources.appender();
    this.samples = samples;
    this.clock = clock;
    RulesConfig config = settings.rules();
    filesInterval = config.filesInterval();
    notifier = new Notifier(config, registry, states::isSilenced, clock);
    ruler = new Ruler(config, states, sources, notifier, registry, clock);
    slos =
        new Slos(
            settings.slos(),
            new TenantId(config.filesTenant()),
            ruler,
            Slos.Sources.of(sources, samples),
            settings.depthMax(),
            clock);
    refuse("rules.files: ", ruler.reload());
    refuse("slos.files: ", slos.reload());
  }

  private static void refuse(String key, List<Problem> problems) {
    if (!problems.isEmpty()) {
      throw new ConfigException(
          problems.stream().map(problem -> key + problem).collect(Collectors.joining("\n")));
    }
  }

  void register(Routes routes) {
    new RulesApi(ruler, notifier.urls(), parser, this::readFiles).register(routes);
    new RulerConfigApi(ruler).register(routes);
    new SilencesApi(states, appender, clock).register(routes);
    new BackfillApi(ruler, samples).register(routes);
    new SlosApi(slos).register(routes);
  }

  void start() {
    ruler.start();
  }

  /** What has to be done again and again. */
  List<Background.Task> tasks(WriteAccess access) {
    return List.of(
        new Background.Task("rule-files", filesInterval, this::reload),
        new Background.Task("rule-state", STATE_INTERVAL, access.whileGranted(states::write)),
        new Background.Task("slo-events", COUNT_INTERVAL, slos::count));
  }

  private void reload() {
    List<Problem> _ = readFiles();
  }

  /** Reads the files that changed; what is wrong with any. */
  private List<Problem> readFiles() {
    List<Problem> problems = new ArrayList<>(ruler.reload());
    problems.addAll(slos.reload());
    return problems;
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
    slos.close();
    ruler.close();
    notifier.close();
  }
}
