package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Draws docs/modules.md from the compiled classes. */
class ModulesPageTest {
  private static final String ROOT = "io.trilith.";

  @Test
  void thePageShowsWhatUsesWhat() throws Exception {
    Path page = Path.of(System.getProperty("trilith.root", ".."), "docs", "modules.md");
    String text = text();
    if (Boolean.getBoolean("trilith.regenerate")) {
      Files.writeString(page, text);
    }
    assertThat(page).hasContent(text);
  }

  private static String text() {
    JavaClasses classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.trilith");
    StringBuilder text = new StringBuilder();
    text.append("# What uses what\n\n");
    text.append(
        "Drawn from the compiled classes by `ModulesPageTest` (`-Dtrilith.regenerate=true` writes"
            + " it again). An arrow points to what is used;\n"
            + "one that follows from others is left out. What a module may use says"
            + " [architecture.md](architecture.md).\n\n"
            + "## Modules\n\n");
    draw(edges(classes, ModulesPageTest::module), text);
    for (String store : List.of("tsdb", "logstore", "tracestore")) {
      text.append("\n## Packages of `").append(store).append("`\n\n");
      draw(edges(classes, type -> packageIn(store, type)), text);
    }
    return text.toString();
  }

  /** Empty for what is none of ours. */
  private static String module(JavaClass type) {
    String name = type.getPackageName();
    if (!name.startsWith(ROOT)) {
      return "";
    }
    int end = name.indexOf('.', ROOT.length());
    String module = name.substring(ROOT.length(), end < 0 ? name.length() : end);
    return module.equals("testing") ? "" : module;
  }

  /** The package below a module's, or the module itself for its own; empty outside of it. */
  private static String packageIn(String module, JavaClass type) {
    if (!module(type).equals(module)) {
      return "";
    }
    String below = type.getPackageName().substring(ROOT.length() + module.length());
    return below.isEmpty() ? module : below.substring(1);
  }

  private static SortedMap<String, SortedSet<String>> edges(
      JavaClasses classes, Function<JavaClass, String> nodeOf) {
    SortedMap<String, SortedSet<String>> edges = new TreeMap<>();
    for (JavaClass type : classes) {
      String from = nodeOf.apply(type);
      for (Dependency one : type.getDirectDependenciesFromSelf()) {
        String to = nodeOf.apply(one.getTargetClass());
        if (!from.isEmpty() && !to.isEmpty() && !from.equals(to)) {
          edges.computeIfAbsent(from, _ -> new TreeSet<>()).add(to);
        }
      }
    }
    return edges;
  }

  private static void draw(SortedMap<String, SortedSet<String>> edges, StringBuilder text) {
    text.append("```mermaid\ngraph TD\n");
    for (Map.Entry<String, SortedSet<String>> from : edges.entrySet()) {
      for (String to : from.getValue()) {
        boolean follows =
            from.getValue().stream().anyMatch(over -> !over.equals(to) && reaches(edges, over, to));
        if (!follows) {
          text.append("  ").append(from.getKey()).append(" --> ").append(to).append('\n');
        }
      }
    }
    text.append("```\n");
  }

  /** The graph has no cycles: ArchitectureTest. */
  private static boolean reaches(
      SortedMap<String, SortedSet<String>> edges, String from, String to) {
    SortedSet<String> next = edges.getOrDefault(from, new TreeSet<>());
    return next.contains(to) || next.stream().anyMatch(over -> reaches(edges, over, to));
  }
}
