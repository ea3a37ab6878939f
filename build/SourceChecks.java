import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import com.puppycrawl.tools.checkstyle.Checker;
import com.puppycrawl.tools.checkstyle.ConfigurationLoader;
import com.puppycrawl.tools.checkstyle.PropertiesExpander;
import com.puppycrawl.tools.checkstyle.api.AuditEvent;
import com.puppycrawl.tools.checkstyle.api.AuditListener;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;

/**
 * Checks the format (google-java-format) and the size rules (checkstyle.xml) of every Java file below a root.
 * Usage: {@code SourceChecks.java check|fix ROOT}; {@code fix} rewrites badly formatted files in place. Exit
 * status 1 when something is left to do.
 */
final class SourceChecks {
  public static void main(String[] args) throws Exception {
    boolean fix = args[0].equals("fix");
    Path root = Path.of(args[1]).toRealPath();
    List<Path> files;
    try (Stream<Path> walk = Files.walk(root)) {
      files =
          walk.filter(p -> p.toString().endsWith(".java"))
              .filter(p -> !root.relativize(p).toString().matches("(.*/)?target/.*|\\..*"))
              .filter(p -> !root.relativize(p).startsWith("build") && !p.toString().contains("/src/build/"))
              .sorted()
              .toList();
    }
    Queue<String> problems = new ConcurrentLinkedQueue<>();
    files.parallelStream().forEach(file -> format(root, file, fix, problems));
    checkStyle(root, files, problems);
    problems.stream().sorted().forEach(System.err::println);
    if (!problems.isEmpty()) {
      System.err.println(problems.size() + " source problems. Formatting is fixed by: mvn -q -pl build validate -Dformat=fix");
      System.exit(1);
    }
  }

  private static void format(Path root, Path file, boolean fix, Queue<String> problems) {
    try {
      String before = Files.readString(file);
      Formatter formatter = new Formatter(JavaFormatterOptions.defaultOptions());
      String imports = RemoveUnusedImports.removeUnusedImports(before);
      String after =
          formatter.formatSource(ImportOrderer.reorderImports(imports, JavaFormatterOptions.Style.GOOGLE));
      if (after.equals(before)) {
        return;
      }
      if (fix) {
        Files.writeString(file, after);
      } else {
        problems.add(root.relativize(file) + ": is not formatted");
      }
    } catch (Exception e) {
      problems.add(root.relativize(file) + ": " + e.getMessage());
    }
  }

  private static void checkStyle(Path root, List<Path> files, Queue<String> problems) throws Exception {
    Checker checker = new Checker();
    checker.setModuleClassLoader(SourceChecks.class.getClassLoader());
    checker.configure(
        ConfigurationLoader.loadConfiguration(
            root.resolve("build/checkstyle.xml").toString(), new PropertiesExpander(new Properties())));
    checker.addListener(
        new AuditListener() {
          @Override
          public void addError(AuditEvent event) {
            Path file = root.relativize(Path.of(event.getFileName()));
            problems.add(file + ":" + event.getLine() + ": " + event.getMessage());
          }

          @Override
          public void addException(AuditEvent event, Throwable cause) {
            problems.add(event.getFileName() + ": " + cause);
          }

          @Override
          public void auditStarted(AuditEvent event) {}

          @Override
          public void auditFinished(AuditEvent event) {}

          @Override
          public void fileStarted(AuditEvent event) {}

          @Override
          public void fileFinished(AuditEvent event) {}
        });
    List<java.io.File> plain = new ArrayList<>();
    for (Path file : files) {
      plain.add(file.toFile());
    }
    checker.process(plain);
    checker.destroy();
  }
}
