package io.trilith.ingest.pipeline;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.config.ConfigException;
import io.trilith.config.Exclusions;
import io.trilith.config.PipelineConfig;
import io.trilith.config.PipelineFile;
import io.trilith.config.PipelineFile.Place;
import io.trilith.ingest.ShownTenants;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Relabel;
import io.trilith.storage.model.TenantId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done with telemetry between decoding and the log, from {@code pipeline.file}, which is
 * read again when it has changed. A file that is wrong stops the start, and later changes nothing.
 * Thread-safe.
 */
public final class Pipeline {
  private static final Logger log = LoggerFactory.getLogger(Pipeline.class);
  private static final int KEY_BYTES = 32;

  /** Nothing is done. */
  public static final Pipeline NONE = new Pipeline();

  private final @Nullable Source source;
  private final ShownTenants shown = new ShownTenants();
  private volatile Loaded loaded = new Loaded(Map.of(), _ -> Stages.NONE);

  /** Where rules come from and what they need. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Source(
      Path file,
      byte[] key,
      Conditions conditions,
      Counter redactions,
      Counter dropped,
      Runnable failure) {}

  /** Makes the stages of a tenant. */
  @FunctionalInterface
  private interface OfTenant {
    Stages of(TenantId tenant);
  }

  /** What was read: files by the state in which they were, and what came of them. */
  private static final class Loaded {
    private final Map<Path, String> files;
    private final OfTenant stages;
    private final Map<TenantId, Stages> byTenant = new ConcurrentHashMap<>();

    Loaded(Map<Path, String> files, OfTenant stages) {
      this.files = files;
      this.stages = stages;
    }
  }

  private Pipeline() {
    source = null;
  }

  private Pipeline(Source source) {
    this.source = source;
    this.loaded = load(source);
  }

  /**
   * The pipeline of a server.
   *
   * @param keyFile where the key of hashes is kept when the configuration names no file
   * @param failure is run when a file that is read again is wrong
   * @throws ConfigException naming the file, its line and what is wrong
   */
  public static Pipeline open(
      PipelineConfig config,
      Path keyFile,
      Conditions conditions,
      PrometheusRegistry registry,
      Runnable failure) {
    if (config.file().isEmpty()) {
      return NONE;
    }
    Counter redactions =
        Counter.builder()
            .name("trilith_redactions_total")
            .help("Pieces of texts that were replaced before they were stored.")
            .labelNames("rule", "tenant", "place")
            .register(registry);
    Counter dropped =
        Counter.builder()
            .name("trilith_dropped_items_total")
            .help("Samples and log entries that the pipeline dropped, which is no error.")
            .labelNames("signal", "rule")
            .register(registry);
    return new Pipeline(
        new Source(
            Path.of(config.file()),
            key(config, keyFile),
            conditions,
            redactions,
            dropped,
            failure));
  }

  private static byte[] key(PipelineConfig config, Path keyFile) {
    boolean named = !config.hashKeyFile().isEmpty();
    Path file = named ? Path.of(config.hashKeyFile()) : keyFile;
    try {
      if (!named && !Files.exists(file)) {
        byte[] made = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(made);
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.createFile(
            file,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, HexFormat.of().formatHex(made) + "\n");
      }
      byte[] key = LabelText.bytes(Files.readString(file).strip());
      if (key.length == 0) {
        throw new ConfigException("pipeline.hash-key-file: '" + file + "' is empty");
      }
      return key;
    } catch (IOException e) {
      throw new ConfigException("pipeline.hash-key-file: '" + file + "' cannot be read: " + e, e);
    }
  }

  /** What is done with a tenant's telemetry. */
  public Stages of(TenantId tenant) {
    Loaded now = loaded;
    return source == null ? Stages.NONE : now.byTenant.computeIfAbsent(tenant, now.stages::of);
  }

  /** Reads the files again when one of them has changed; one that is wrong changes nothing. */
  public void reload() {
    if (source == null || !changed(loaded.files)) {
      return;
    }
    try {
      loaded = load(source);
      log.info("pipeline.file {} was read again", source.file());
    } catch (ConfigException | InvalidRequestException e) {
      source.failure().run();
      log.error(
          "pipeline.file {} was not read again, the rules of before go on: {}",
          source.file(),
          e.getMessage());
      // Not said again until it changes once more.
      loaded = seen(loaded);
    }
  }

  private static boolean changed(Map<Path, String> files) {
    return files.entrySet().stream().anyMatch(one -> !state(one.getKey()).equals(one.getValue()));
  }

  private static Loaded seen(Loaded before) {
    Map<Path, String> files = new ConcurrentHashMap<>();
    before.files.keySet().forEach(file -> files.put(file, state(file)));
    return new Loaded(files, before.stages);
  }

  /** The content itself, shortened: times of files do not tell everything. */
  private static String state(Path file) {
    try {
      byte[] bytes = Files.readAllBytes(file);
      return bytes.length + ":" + Arrays.hashCode(bytes);
    } catch (IOException e) {
      return "none";
    }
  }

  private Loaded load(Source from) {
    Map<Path, String> files = new ConcurrentHashMap<>();
    files.put(from.file(), state(from.file()));
    PipelineFile file = PipelineFile.read(from.file());
    try {
      for (PipelineFile.Redact rule : file.redact()) {
        if (!rule.exclusionsFile().isEmpty()) {
          Path path = Path.of(rule.exclusionsFile());
          files.put(path, state(path));
        }
      }
      List<RedactRule> rules = rules(file, from.key(), from.conditions());
      Relabel relabel =
          file.metrics().relabel().isEmpty()
              ? null
              : new Relabel("metrics.relabel", file.metrics().relabel());
      List<LogStages.Drop> drops = new ArrayList<>();
      for (PipelineFile.Drop drop : file.logs().drop()) {
        drops.add(
            new LogStages.Drop(
                drop.selector(), from.conditions().logs(drop.selector()), drop.kept()));
      }
      Set<String> labels = Set.copyOf(file.logs().labels());
      return new Loaded(files, tenant -> stages(from, tenant, rules, relabel, drops, labels));
    } catch (InvalidRequestException e) {
      throw new ConfigException(from.file() + ": " + e.getMessage(), e);
    }
  }

  /** The rules of a file, for who tries them: hashes have a key that nothing else has. */
  static List<RedactRule> rules(Path file, Conditions conditions) {
    return rules(PipelineFile.read(file), new byte[] {1}, conditions);
  }

  private static List<RedactRule> rules(PipelineFile file, byte[] key, Conditions conditions) {
    Map<String, Map<String, List<String>>> exclusions = new HashMap<>();
    List<RedactRule> rules = new ArrayList<>();
    for (PipelineFile.Redact rule : file.redact()) {
      String path = rule.exclusionsFile();
      List<String> excluded =
          path.isEmpty()
              ? List.of()
              : exclusions
                  .computeIfAbsent(path, name -> Exclusions.read(Path.of(name)))
                  .getOrDefault(rule.name(), List.of());
      rules.add(new RedactRule(rule, excluded, key, conditions));
    }
    return rules;
  }

  private Stages stages(
      Source from,
      TenantId tenant,
      List<RedactRule> rules,
      @Nullable Relabel relabel,
      List<LogStages.Drop> drops,
      Set<String> labels) {
    List<RedactRule> own = rules.stream().filter(rule -> rule.isFor(tenant)).toList();
    String name = shown.shown(tenant);
    Redaction redaction =
        own.isEmpty()
            ? null
            : new Redaction(
                own,
                (rule, place, pieces) ->
                    from.redactions().labelValues(rule, name, place.text()).inc(pieces));
    boolean seriesToo = isIn(redaction, Place.LABELS) || isIn(redaction, Place.EXEMPLARS);
    boolean plain = drops.isEmpty() && labels.isEmpty() && redaction == null;
    return new Stages(
        relabel == null && !seriesToo
            ? null
            : new MetricStages(relabel, seriesToo ? redaction : null),
        plain
            ? null
            : new LogStages.Rules(
                drops, labels, redaction, rule -> from.dropped().labelValues("logs", rule).inc()),
        redaction);
  }

  private static boolean isIn(@Nullable Redaction redaction, Place place) {
    return redaction != null && redaction.isFor(place, -1L);
  }

  /** Counts samples that were dropped. */
  public void droppedSamples(long samples) {
    if (source != null) {
      source.dropped().labelValues("metrics", "relabel").inc(samples);
    }
  }
}
