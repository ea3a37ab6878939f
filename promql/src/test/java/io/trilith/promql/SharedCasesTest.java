package io.trilith.promql;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.engine.QueryWorkers;
import io.trilith.testing.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Prometheus's own scripts. Each file must pass at least as often as it did before. */
class SharedCasesTest {
  /** How many evaluations of a file may fail. Only ever lowered. */
  private static final Map<String, Integer> FAILING_MAX = Map.ofEntries();

  private static final ExecutorService THREADS = Executors.newFixedThreadPool(3);

  @AfterAll
  static void stop() {
    THREADS.shutdown();
  }

  @TestFactory
  Stream<DynamicTest> scriptsPassAsBefore() throws IOException {
    return play(QueryWorkers.NONE);
  }

  @TestFactory
  Stream<DynamicTest> scriptsPassWithHelpers() throws IOException {
    return play(new QueryWorkers(THREADS, 3, 0));
  }

  private static Stream<DynamicTest> play(QueryWorkers workers) throws IOException {
    Path folder = Shared.path("conformance/promql/cases");
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> scripts = files.filter(f -> f.toString().endsWith(".test")).sorted().toList();
      return scripts.stream()
          .map(
              file ->
                  DynamicTest.dynamicTest(
                      file.getFileName().toString(), () -> play(file, workers)));
    }
  }

  private static void play(Path file, QueryWorkers workers) throws IOException {
    ScriptRunner runner = new ScriptRunner(workers).play(Files.readString(file));
    String name = file.getFileName().toString();
    System.out.println(
        name + ": " + runner.passed() + " passed, " + runner.failures().size() + " failed");
    runner.failures().forEach(failure -> System.out.println("  " + failure));
    assertThat(runner.failures()).hasSizeLessThanOrEqualTo(FAILING_MAX.getOrDefault(name, 0));
  }
}
