package io.trilith.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The table of docs/architecture.md, checked on the compiled classes. */
class ArchitectureTest {
  /** Which modules a module may use, beside itself and those that its own may use. */
  private static final Map<String, List<String>> DIRECTION =
      Map.ofEntries(
          Map.entry("config", List.of()),
          Map.entry("regex", List.of()),
          Map.entry("storage", List.of("config", "regex")),
          Map.entry("net", List.of("config", "storage")),
          Map.entry("engine", List.of("regex", "storage")),
          Map.entry("tsdb", List.of("config", "regex", "storage")),
          Map.entry("logstore", List.of("config", "regex", "storage")),
          Map.entry("tracestore", List.of("config", "storage")),
          Map.entry("promql", List.of("engine", "storage", "tsdb")),
          Map.entry("logql", List.of("engine", "regex", "storage", "logstore")),
          Map.entry("traceql", List.of("engine", "regex", "storage", "tracestore")),
          Map.entry(
              "ingest",
              List.of("config", "regex", "storage", "net", "tsdb", "logstore", "tracestore")),
          Map.entry(
              "query",
              List.of(
                  "config",
                  "regex",
                  "storage",
                  "net",
                  "engine",
                  "tsdb",
                  "logstore",
                  "tracestore",
                  "promql",
                  "logql",
                  "traceql")),
          Map.entry(
              "rules",
              List.of(
                  "config",
                  "regex",
                  "storage",
                  "net",
                  "engine",
                  "tsdb",
                  "logstore",
                  "tracestore",
                  "promql",
                  "logql",
                  "traceql",
                  "query")),
          Map.entry("compactor", List.of("config", "storage")),
          Map.entry(
              "server",
              List.of(
                  "config",
                  "regex",
                  "storage",
                  "net",
                  "engine",
                  "tsdb",
                  "logstore",
                  "tracestore",
                  "promql",
                  "logql",
                  "traceql",
                  "ingest",
                  "query",
                  "rules",
                  "compactor")));

  private static JavaClasses classes = new ClassFileImporter().importClasses(List.of());

  @BeforeAll
  static void load() {
    classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.trilith");
  }

  private static DescribedPredicate<JavaClass> inModule(String module) {
    String root = "io.trilith." + module;
    return DescribedPredicate.describe(
        "in " + module,
        type -> type.getPackageName().equals(root) || type.getPackageName().startsWith(root + "."));
  }

  @Test
  void modulesDependInOneDirectionOnly() {
    for (Map.Entry<String, List<String>> module : DIRECTION.entrySet()) {
      DescribedPredicate<JavaClass> forbidden =
          DescribedPredicate.describe(
              "of a module that " + module.getKey() + " may not use",
              type ->
                  type.getPackageName().startsWith("io.trilith.")
                      && !inModule(module.getKey()).test(type)
                      && module.getValue().stream().noneMatch(used -> inModule(used).test(type)));
      noClasses()
          .that(inModule(module.getKey()))
          .should()
          .dependOnClassesThat(forbidden)
          .check(classes);
    }
  }

  /** Each package is a slice of its own. */
  @Test
  void packagesDependInOneDirectionOnly() {
    slices().matching("io.trilith.(**)").should().beFreeOfCycles().check(classes);
  }

  @Test
  void librariesStayInTheirPackages() {
    Map<String, List<String>> homes =
        Map.ofEntries(
            Map.entry(
                "org.antlr..",
                List.of(
                    "io.trilith.promql.parser..",
                    "io.trilith.logql.parser..",
                    "io.trilith.traceql.parser..")),
            Map.entry("io.netty..", List.of("io.trilith.net..")),
            Map.entry("io.grpc..", List.of("io.trilith.net..")),
            Map.entry("software.amazon..", List.of("io.trilith.storage.object.s3..")),
            Map.entry("org.rocksdb..", List.of("io.trilith.tracestore.gather..")),
            Map.entry("dev.failsafe..", List.of("io.trilith.storage.object.s3..")),
            Map.entry("com.nimbusds..", List.of("io.trilith.net.identity..")),
            Map.entry(
                "at.favre..", List.of("io.trilith.net.identity..", "io.trilith.cli.access..")),
            Map.entry("picocli..", List.of("io.trilith.cli..")),
            Map.entry("org.snakeyaml..", List.of("io.trilith.config..", "io.trilith.rules..")),
            Map.entry("io.opentelemetry..", List.of("io.trilith.cli.demo..")));
    homes.forEach(
        (library, packages) ->
            noClasses()
                .that()
                .resideOutsideOfPackages(packages.toArray(String[]::new))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .allowEmptyShould(true)
                .check(classes));
  }

  @Test
  void nobodyUsesWhatIsBanned() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "com.google.common..",
            "java.util.logging..",
            "com.fasterxml.jackson.databind..",
            "java.util.regex..")
        .check(classes);
    noClasses().should().callMethod(Thread.class, "sleep", long.class).check(classes);
    noClasses().should().callMethod(System.class, "currentTimeMillis").check(classes);
    noClasses().should().callConstructor(java.util.Random.class).check(classes);
    noClasses()
        .that()
        .resideOutsideOfPackage("io.trilith.testing..")
        .and()
        .doNotHaveFullyQualifiedName("io.trilith.cli.DemoCommand")
        .should()
        .accessField(System.class, "out")
        .check(classes);
  }

  /**
   * Java's readers also take what no grammar of ours does: {@code 1d} and {@code 1f}, blanks,
   * digits of other scripts. What users write goes through io.trilith.storage.text; config has a
   * grammar of its own, and a client reads what a server printed.
   */
  @Test
  void numbersAndTimesThatUsersWriteHaveOneReader() {
    DescribedPredicate<JavaCall<?>> ofText =
        DescribedPredicate.describe(
            "a reader of Java for floats",
            call ->
                readsText(
                    call,
                    List.of(Double.class, Float.class),
                    List.of("parseDouble", "parseFloat", "valueOf")));
    noClasses()
        .that()
        .resideOutsideOfPackages(
            "io.trilith.storage.text..",
            "io.trilith.config..",
            "io.trilith.cli.query..",
            "io.trilith.cli.client..",
            "io.trilith.bench..",
            "io.trilith.testing..")
        .should()
        .callCodeUnitWhere(ofText)
        .check(classes);
    DescribedPredicate<JavaCall<?>> ofAnything =
        DescribedPredicate.describe(
            "a reader of Java for numbers or times",
            call ->
                readsText(
                        call,
                        List.of(Long.class, Integer.class, Short.class, Byte.class),
                        List.of(
                            "parseLong",
                            "parseInt",
                            "parseUnsignedLong",
                            "parseUnsignedInt",
                            "parseShort",
                            "parseByte",
                            "valueOf",
                            "decode"))
                    || readsText(
                        call,
                        List.of(
                            java.time.OffsetDateTime.class,
                            java.time.ZonedDateTime.class,
                            java.time.LocalDateTime.class,
                            java.time.Instant.class,
                            java.time.Duration.class),
                        List.of("parse"))
                    || readsText(
                        call,
                        List.of(java.math.BigDecimal.class, java.math.BigInteger.class),
                        List.of("<init>")));
    // FloatText and the templates' numbers take apart what Java itself has printed.
    noClasses()
        .that()
        .resideInAnyPackage(
            "io.trilith.promql..",
            "io.trilith.logql..",
            "io.trilith.traceql..",
            "io.trilith.engine..",
            "io.trilith.query..")
        .and()
        .doNotHaveFullyQualifiedName("io.trilith.storage.text.FloatText")
        .and()
        .doNotHaveFullyQualifiedName("io.trilith.engine.template.GoValues")
        .and()
        .doNotHaveFullyQualifiedName("io.trilith.engine.template.GoFormat")
        .and()
        .doNotHaveFullyQualifiedName("io.trilith.engine.template.NumberFunctions")
        .should()
        .callCodeUnitWhere(ofAnything)
        .check(classes);
  }

  private static boolean readsText(JavaCall<?> call, List<Class<?>> owners, List<String> names) {
    var target = call.getTarget();
    boolean text =
        !target.getRawParameterTypes().isEmpty()
            && target.getRawParameterTypes().getFirst().isAssignableFrom(String.class);
    return text
        && names.contains(target.getName())
        && owners.stream().anyMatch(owner -> target.getOwner().isEquivalentTo(owner));
  }

  @Test
  void everyPackageIsNullMarked() {
    classes()
        .that()
        .haveSimpleName("package-info")
        .should()
        .beAnnotatedWith("org.jspecify.annotations.NullMarked")
        .check(classes);
  }
}
