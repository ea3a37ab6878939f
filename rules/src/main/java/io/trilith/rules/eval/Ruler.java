package io.trilith.rules.eval;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.config.RulesConfig;
import io.trilith.engine.Admission;
import io.trilith.logstore.StreamReader;
import io.trilith.rules.GroupKey;
import io.trilith.rules.Language;
import io.trilith.rules.QueryLanguages;
import io.trilith.rules.RuleGroup;
import io.trilith.rules.file.FileGlobs;
import io.trilith.rules.file.Problem;
import io.trilith.rules.file.RuleFileReader;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.TenantId;
import io.trilith.tracestore.SpanReader;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.store.MetricAppender;
import io.trilith.tsdb.store.NotedAppender;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All rule groups of a server: from files and set by API, each evaluated by a thread of its own.
 * Thread-safe.
 */
public final class Ruler implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Ruler.class);
  private static final Duration STOP_MAX = Duration.ofSeconds(5);

  /** Short enough for who shows how far it is. */
  private static final Duration BACKFILL_SLICE = Duration.ofSeconds(2);

  /**
   * What rules are evaluated with.
   *
   * @param mayWrite whether this process may write now
   */
  public record Sources(
      LanguageEngines engines,
      QueryLanguages languages,
      Function<TenantId, SeriesReader> series,
      Function<TenantId, StreamReader> streams,
      Function<TenantId, SpanReader> spans,
      Admission admission,
      NotedAppender appender,
      BooleanSupplier mayWrite) {}

  private final RulesConfig config;
  private final RuleStates states;
  private final NotedAppender appender;
  private final RuleFileReader reader;
  private final TenantId filesTenant;
  private final RuleMetrics metrics;
  private final GroupRun.Surroundings around;
  private final ReentrantLock changing = new ReentrantLock();
  private final ConcurrentSkipListMap<GroupKey, GroupRun> runs = new ConcurrentSkipListMap<>();
  private final Map<GroupRun, Thread> threads = new ConcurrentHashMap<>();

  // Guarded by the lock.
  private Map<Path, String> texts = Map.of();
  private List<Problem> problems = List.of();
  private Map<GroupKey, RuleGroup> derived = Map.of();
  private boolean started;
  private boolean closed;

  public Ruler(
      RulesConfig config,
      RuleStates states,
      Sources sources,
      AlertListener listener,
      PrometheusRegistry registry,
      InstantSource clock) {
    this.config = config;
    this.states = states;
    this.appender = sources.appender();
    this.reader = new RuleFileReader(sources.languages());
    this.filesTenant = new TenantId(config.filesTenant());
    this.metrics = new RuleMetrics(registry);
    this.around =
        new GroupRun.Surroundings(
            clock,
            sources.engines(),
            sources.languages(),
            new TickQueries.Readers(sources.series(), sources.streams(), sources.spans()),
            sources.admission(),
            sources.appender(),
            states,
            metrics,
            new RuleTick.Setting(config.externalLabelMap(), config.externalUrl()),
            listener,
            new GroupRun.Times(
                config.evaluationInterval().toMillis(),
                config.queryOffset().toMillis(),
                config.catchUp().toMillis(),
                config.resendDelay().toMillis()),
            sources.mayWrite(),
            this::writtenByOthers);
    states.keepOf(() -> Set.copyOf(runs.keySet()));
    for (Map.Entry<GroupKey, String> stored : states.stored().entrySet()) {
      RuleGroup group = parse(stored.getKey(), stored.getValue());
      if (group != null) {
        define(stored.getKey(), group);
      }
    }
  }

  private @Nullable RuleGroup parse(GroupKey key, String yaml) {
    RuleFileReader.Content content = reader.group(yaml, language(key.source()));
    if (content.groups().isEmpty()) {
      log.warn(
          "group {} in {} of tenant {} cannot be evaluated any more: {}",
          key.group(),
          key.namespace(),
          key.tenant(),
          content.problems());
      return null;
    }
    return content.groups().getFirst();
  }

  /** In what groups of a source are when they do not say. */
  public static Language language(GroupKey.Source source) {
    return source == GroupKey.Source.LOKI ? Language.LOGQL : Language.PROMQL;
  }

  public RuleFileReader reader() {
    return reader;
  }

  private boolean writtenByOthers(GroupKey key, io.trilith.storage.model.Labels labels) {
    for (GroupRun run : runs.values()) {
      if (!run.key().equals(key)
          && run.key().tenant().equals(key.tenant())
          && !run.isRemoved()
          && run.writes(labels)) {
        return true;
      }
    }
    return false;
  }

  /** Begins to evaluate. */
  public void start() {
    changing.lock();
    try {
      started = true;
      runs.values().forEach(this::startThread);
    } finally {
      changing.unlock();
    }
  }

  private void startThread(GroupRun run) {
    if (!started || closed) {
      return;
    }
    Thread _ =
        threads.computeIfAbsent(
            run,
            _ ->
                Thread.ofVirtual()
                    .name("rules " + run.key().group())
                    .start(
                        () -> {
                          run.run();
                          ended(run);
                        }));
  }

  private void ended(GroupRun run) {
    changing.lock();
    try {
      Thread _ = threads.remove(run);
      if (run.isRemoved()) {
        if (runs.remove(run.key(), run)) {
          states.forget(run.key());
          metrics.gone(run.key());
        }
      } else if (!closed) {
        // It was wanted again at the last moment.
        startThread(run);
      }
    } finally {
      changing.unlock();
    }
  }

  private void define(GroupKey key, RuleGroup group) {
    GroupRun run = runs.get(key);
    if (run == null) {
      run = new GroupRun(key, group, around);
      runs.put(key, run);
    } else {
      run.become(group);
    }
    startThread(run);
  }

  private void undefine(GroupKey key) {
    GroupRun run = runs.get(key);
    if (run != null) {
      run.remove();
    }
  }

  /**
   * Reads the rule files if any changed; when one is wrong all groups stay as they are.
   *
   * @return what is wrong, empty when nothing is
   */
  public List<Problem> reload() {
    changing.lock();
    try {
      Map<Path, String> found = new TreeMap<>();
      List<Problem> unread = new ArrayList<>();
      for (String pattern : config.files()) {
        read(pattern, found, unread);
      }
      if (found.equals(texts) && unread.isEmpty()) {
        return problems;
      }
      Map<GroupKey, RuleGroup> groups = new TreeMap<>();
      List<Problem> wrong = new ArrayList<>(unread);
      found.forEach(
          (path, text) -> {
            RuleFileReader.Content content = reader.file(path.toString(), text, false);
            wrong.addAll(content.problems());
            content.warnings().forEach(warning -> log.warn("{}", warning));
            for (RuleGroup group : content.groups()) {
              groups.put(
                  new GroupKey(filesTenant, GroupKey.Source.FILE, path.toString(), group.name()),
                  group);
            }
          });
      texts = found;
      problems = List.copyOf(wrong);
      if (wrong.isEmpty()) {
        for (GroupKey key : runs.keySet()) {
          if (key.source() == GroupKey.Source.FILE
              && !groups.containsKey(key)
              && !derived.containsKey(key)) {
            undefine(key);
          }
        }
        groups.forEach(this::define);
      } else {
        wrong.forEach(problem -> log.error("rule files are not taken over: {}", problem));
      }
      return problems;
    } finally {
      changing.unlock();
    }
  }

  /**
   * Sets the groups that follow from other files than those of rules, of the source of files; they
   * are evaluated beside them. Those that are not there any more end.
   */
  public void derive(Map<GroupKey, RuleGroup> groups) {
    changing.lock();
    try {
      derived.keySet().stream().filter(key -> !groups.containsKey(key)).forEach(this::undefine);
      derived = Map.copyOf(groups);
      derived.forEach(this::define);
    } finally {
      changing.unlock();
    }
  }

  private static void read(String pattern, Map<Path, String> found, List<Problem> unread) {
    try {
      for (Path path : FileGlobs.find(pattern)) {
        found.put(path, Files.readString(path));
      }
    } catch (IOException e) {
      unread.add(new Problem(pattern, 0, 0, "", 0, "", "", "cannot be read: " + e));
    }
  }

  /**
   * Evaluates a slice of the past of a tenant's groups, see {@link Backfill}.
   *
   * @param appender takes samples of any age that is kept
   */
  public Backfill.Slice backfill(Backfill.Request request, MetricAppender appender)
      throws InterruptedException {
    Map<GroupKey, RuleGroup> groups = new TreeMap<>();
    for (GroupRun run : runs.values()) {
      GroupKey key = run.key();
      boolean meant =
          key.tenant().equals(request.tenant())
              && (request.namespace().isEmpty() || key.namespace().equals(request.namespace()))
              && (request.group().isEmpty() || key.group().equals(request.group()));
      if (meant && !run.isRemoved()) {
        groups.put(key, run.group());
      }
    }
    return new Backfill(around, appender, BACKFILL_SLICE).run(request, groups);
  }

  /** The groups of a tenant that are evaluated, by file and name. */
  public List<GroupReport> reports(TenantId tenant) {
    return runs.values().stream()
        .filter(run -> run.key().tenant().equals(tenant) && !run.isRemoved())
        .map(GroupRun::report)
        .toList();
  }

  /** The groups of a tenant that were set by an API, by namespace. */
  public SortedMap<String, List<RuleGroup>> stored(TenantId tenant, GroupKey.Source source) {
    SortedMap<String, List<RuleGroup>> all = new TreeMap<>();
    for (GroupRun run : runs.values()) {
      GroupKey key = run.key();
      if (key.tenant().equals(tenant) && key.source() == source && !run.isRemoved()) {
        all.computeIfAbsent(key.namespace(), _ -> new ArrayList<>()).add(run.group());
      }
    }
    return all;
  }

  /** Sets a group; durable and to be seen on return. */
  public void set(
      TenantId tenant, GroupKey.Source source, String namespace, RuleGroup group, String yaml) {
    GroupKey key = new GroupKey(tenant, source, namespace, group.name());
    changing.lock();
    try {
      checkLimits(key, group);
      states.set(appender, key, yaml);
      define(key, group);
    } finally {
      changing.unlock();
    }
  }

  private void checkLimits(GroupKey key, RuleGroup group) {
    int rules = config.rulesPerGroupMax();
    if (rules > 0 && group.rules().size() > rules) {
      throw new InvalidRequestException(
          "per-user rules per rule group limit (limit: "
              + rules
              + " actual: "
              + group.rules().size()
              + ") exceeded; raise rules.rules-per-group-max or split the group");
    }
    int groups = config.groupsPerTenantMax();
    Set<GroupKey> known = new HashSet<>();
    for (GroupRun run : runs.values()) {
      if (run.key().tenant().equals(key.tenant())
          && run.key().source() != GroupKey.Source.FILE
          && !run.isRemoved()) {
        known.add(run.key());
      }
    }
    known.add(key);
    if (groups > 0 && known.size() > groups) {
      throw new InvalidRequestException(
          "per-user rule groups limit (limit: "
              + groups
              + " actual: "
              + known.size()
              + ") exceeded; raise rules.groups-per-tenant-max or delete a group");
    }
  }

  /**
   * Deletes a group, or a namespace; durable on return.
   *
   * @param group null for all of the namespace
   * @return whether there was one
   */
  public boolean delete(
      TenantId tenant, GroupKey.Source source, String namespace, @Nullable String group) {
    changing.lock();
    try {
      boolean any = false;
      for (GroupKey key : List.copyOf(runs.keySet())) {
        GroupRun run = runs.get(key);
        boolean meant =
            key.tenant().equals(tenant)
                && key.source() == source
                && key.namespace().equals(namespace)
                && (group == null || key.group().equals(group));
        if (meant && run != null && !run.isRemoved()) {
          states.set(appender, key, null);
          undefine(key);
          any = true;
        }
      }
      return any;
    } finally {
      changing.unlock();
    }
  }

  /** Stops evaluating; what was evaluated stays. */
  @Override
  public void close() {
    List<Thread> running;
    changing.lock();
    try {
      closed = true;
      running = List.copyOf(threads.values());
      runs.values().forEach(GroupRun::stop);
    } finally {
      changing.unlock();
    }
    long end = System.nanoTime() + STOP_MAX.toNanos();
    try {
      for (Thread thread : running) {
        boolean _ = thread.join(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
