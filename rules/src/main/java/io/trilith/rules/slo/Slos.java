package io.trilith.rules.slo;

import io.trilith.config.SlosConfig;
import io.trilith.engine.Admission;
import io.trilith.rules.GroupKey;
import io.trilith.rules.QueryLanguages;
import io.trilith.rules.RuleGroup;
import io.trilith.rules.eval.LanguageEngines;
import io.trilith.rules.eval.Ruler;
import io.trilith.rules.file.FileGlobs;
import io.trilith.rules.file.Problem;
import io.trilith.storage.model.TenantId;
import io.trilith.tsdb.store.MetricAppender;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The SLOs of a server, from files: their rules go to the ruler, their events are counted. One
 * thread calls {@link #count}; the rest is thread-safe.
 */
public final class Slos implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Slos.class);

  /**
   * What SLOs are counted with.
   *
   * @param appender takes the counted events
   * @param mayWrite whether this process may write now
   */
  public record Sources(
      LanguageEngines engines,
      QueryLanguages languages,
      EventCounter.Readers readers,
      Admission admission,
      MetricAppender appender,
      BooleanSupplier mayWrite) {
    /** As the ruler's. */
    public static Sources of(Ruler.Sources ruler, MetricAppender appender) {
      return new Sources(
          ruler.engines(),
          ruler.languages(),
          new EventCounter.Readers(ruler.series(), ruler.streams(), ruler.spans()),
          ruler.admission(),
          appender,
          ruler.mayWrite());
    }
  }

  private final SlosConfig config;
  private final TenantId tenant;
  private final Ruler ruler;
  private final Sources sources;
  private final SloFileReader reader;
  private final SloRules rules;
  private final EventCounter counter;
  private final InstantSource clock;
  private final ReentrantLock changing = new ReentrantLock();
  private volatile SortedMap<String, SloProgress> known = new TreeMap<>();
  private volatile boolean closed;

  // Guarded by the lock.
  private Map<Path, String> texts = Map.of();
  private List<Problem> problems = List.of();
  private Map<String, String> periods = Map.of();

  /**
   * No SLOs until files are read.
   *
   * @param tenant whose SLOs the files have
   * @param depthMax how deep expressions may nest
   */
  public Slos(
      SlosConfig config,
      TenantId tenant,
      Ruler ruler,
      Sources sources,
      int depthMax,
      InstantSource clock) {
    this.config = config;
    this.tenant = tenant;
    this.ruler = ruler;
    this.sources = sources;
    this.reader = new SloFileReader(sources.languages(), depthMax);
    this.rules = new SloRules(sources.languages());
    this.counter =
        new EventCounter(sources.engines(), sources.readers(), config.counterGap().toMillis());
    this.clock = clock;
  }

  Sources sources() {
    return sources;
  }

  InstantSource clock() {
    return clock;
  }

  /**
   * Reads the files if any changed; when one is wrong all SLOs stay as they are.
   *
   * @return what is wrong, empty when nothing is
   */
  public List<Problem> reload() {
    changing.lock();
    try {
      List<Problem> wrong = new ArrayList<>();
      Map<Path, String> found = new TreeMap<>();
      for (String pattern : config.files()) {
        read(pattern, found, wrong);
      }
      if (found.equals(texts) && wrong.isEmpty()) {
        return problems;
      }
      SortedMap<String, Slo> slos = new TreeMap<>();
      found.forEach((path, text) -> read(path, text, slos, wrong));
      texts = found;
      problems = List.copyOf(wrong);
      wrong.forEach(problem -> log.error("files of SLOs are not taken over: {}", problem));
      if (wrong.isEmpty()) {
        take(slos);
      }
      return problems;
    } finally {
      changing.unlock();
    }
  }

  private static void read(String pattern, Map<Path, String> found, List<Problem> wrong) {
    try {
      for (Path path : FileGlobs.find(pattern)) {
        found.put(path, Files.readString(path));
      }
    } catch (IOException e) {
      wrong.add(new Problem(pattern, 0, 0, "", 0, "", "", "cannot be read: " + e));
    }
  }

  private void read(Path path, String text, Map<String, Slo> slos, List<Problem> wrong) {
    SloFileReader.Content content = reader.read(path.toString(), text);
    wrong.addAll(content.problems());
    for (Slo slo : content.slos()) {
      Slo before = slos.putIfAbsent(slo.id(), slo);
      if (before != null) {
        wrong.add(
            new Problem(
                path.toString(),
                slo.line(),
                1,
                "",
                0,
                "",
                "slo \"" + slo.name() + "\"",
                "\"" + slo.id() + "\" is in " + before.file() + " already"));
      }
    }
  }

  private void take(Map<String, Slo> slos) {
    SortedMap<String, SloProgress> next = new TreeMap<>();
    slos.forEach(
        (id, slo) -> {
          SloProgress before = known.get(id);
          next.put(
              id,
              before != null && before.slo().equals(slo)
                  ? before
                  : new SloProgress(slo, tenant, sources, counter, config, () -> closed));
        });
    known = next;
    derive(clock.millis());
  }

  /** Gives the ruler the groups of all SLOs. */
  private void derive(long now) {
    Map<GroupKey, RuleGroup> groups = new HashMap<>();
    for (SloProgress one : known.values()) {
      for (RuleGroup group : rules.groups(one.slo(), now)) {
        groups.put(
            new GroupKey(tenant, GroupKey.Source.FILE, one.slo().file(), group.name()), group);
      }
    }
    periods = periods(now);
    ruler.derive(groups);
  }

  private Map<String, String> periods(long now) {
    Map<String, String> days = new HashMap<>();
    known.forEach(
        (id, one) -> {
          if (one.slo().window() instanceof SloWindow.Calendar calendar) {
            days.put(id, calendar.dayOf(now));
          }
        });
    return days;
  }

  /**
   * Counts what is due: of each SLO the last steps, then, until the next minute begins, what nobody
   * has counted yet.
   */
  public void count() {
    if (closed || !sources.mayWrite().getAsBoolean()) {
      return;
    }
    long now = clock.millis();
    renewPeriods(now);
    try {
      for (SloProgress one : known.values()) {
        one.countNewest(now);
      }
      boolean more = true;
      long until = Math.floorDiv(now, Slo.MINUTE_MILLIS) * Slo.MINUTE_MILLIS + Slo.MINUTE_MILLIS;
      while (more && !closed && clock.millis() < until) {
        more = false;
        for (SloProgress one : known.values()) {
          more |= one.countMissing(now);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void renewPeriods(long now) {
    changing.lock();
    try {
      if (!periods(now).equals(periods)) {
        derive(now);
      }
    } finally {
      changing.unlock();
    }
  }

  /** The SLOs of a tenant and how far they are counted, by id. */
  List<SloProgress> of(TenantId asked) {
    return asked.equals(tenant) ? List.copyOf(known.values()) : List.of();
  }

  /** One of them, or null. */
  @Nullable SloProgress find(TenantId asked, String id) {
    return asked.equals(tenant) ? known.get(id) : null;
  }

  /** Counting ends soon. */
  @Override
  public void close() {
    closed = true;
  }
}
