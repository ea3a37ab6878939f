import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Lays out the distribution: bin, conf, lib, a runtime made by jlink, and an AOT cache made by a training run where that
 * works. Usage: {@code Distribution.java MODULE_DIR VERSION}, after the jars of the dependencies stand in target/lib.
 */
final class Distribution {
  private static final String MODULES =
      "java.base,java.logging,java.management,java.naming,java.net.http,java.sql,java.xml,java.security.jgss,"
          + "jdk.management,jdk.unsupported,jdk.crypto.ec,jdk.zipfs,jdk.jfr,jdk.jcmd,jdk.naming.dns,jdk.localedata,jdk.net";

  public static void main(String[] args) throws Exception {
    Path module = Path.of(args[0]);
    Path target = module.resolve("target");
    Path dist = target.resolve("trilith");
    Files.createDirectories(dist.resolve("lib"));
    Files.deleteIfExists(dist.resolve(".built"));
    copyTree(module.resolve("src/dist"), dist);
    Files.copy(
        module.resolve("../config/trilith.yaml"),
        dist.resolve("conf/trilith.yaml"),
        StandardCopyOption.REPLACE_EXISTING);
    replaceTree(module.resolve("../config/grafana"), dist.resolve("conf/grafana"));
    replaceTree(module.resolve("../config/rules"), dist.resolve("conf/rules"));
    replaceTree(target.resolve("lib"), dist.resolve("lib"));
    Files.copy(
        target.resolve("cli-" + args[1] + ".jar"),
        dist.resolve("lib/cli-" + args[1] + ".jar"),
        StandardCopyOption.REPLACE_EXISTING);
    dist.resolve("bin/trilith").toFile().setExecutable(true, false);
    linkRuntime(dist.resolve("runtime"));
    trainCache(dist);
    Files.writeString(dist.resolve(".built"), args[1] + "\n");
    run(target, List.of("tar", "-czf", "trilith-" + args[1] + ".tar.gz", "--exclude=.built", "trilith"));
  }

  private static void linkRuntime(Path runtime) throws Exception {
    Path release = runtime.resolve("release");
    if (Files.exists(release)) {
      // Of an earlier build: good if it has all modules that are needed now.
      String linked = Files.readString(release);
      if (List.of(MODULES.split(",", -1)).stream().allMatch(one -> linked.matches("(?s).*[ \"]" + one + "[ \"].*"))) {
        return;
      }
      run(runtime.getParent(), List.of("rm", "-rf", runtime.toString()));
    }
    Path jlink = Path.of(System.getProperty("java.home"), "bin", "jlink");
    run(
        runtime.getParent(),
        List.of(
            jlink.toString(), "--add-modules", MODULES, "--strip-debug", "--no-man-pages",
            "--no-header-files", "--compress=zip-6", "--include-locales=en", "--output", runtime.toString()));
  }

  /** Without a cache everything works, only starting takes longer: so a failure here is not one of the build. */
  private static void trainCache(Path dist) throws Exception {
    Path cache = dist.resolve("lib/trilith.aot");
    Files.deleteIfExists(cache);
    Path data = Files.createTempDirectory("trilith-train");
    try {
      ProcessBuilder training =
          new ProcessBuilder(
              dist.resolve("bin/trilith").toString(), "train", "--data-dir", data.toString());
      training.environment().put("TRILITH_NO_AOT", "1");
      training.environment().put("TRILITH_JAVA_OPTS", "-XX:AOTCacheOutput=" + cache);
      training.redirectErrorStream(true);
      training.redirectOutput(dist.resolveSibling("train.log").toFile());
      Process process = training.start();
      if (!process.waitFor(300, TimeUnit.SECONDS) || process.exitValue() != 0) {
        process.destroyForcibly();
        Files.deleteIfExists(cache);
      }
    } finally {
      deleteTree(data);
    }
  }

  private static void run(Path directory, List<String> command) throws Exception {
    int status = new ProcessBuilder(new ArrayList<>(command)).directory(directory.toFile()).inheritIO().start().waitFor();
    if (status != 0) {
      throw new IOException(command + " ended with status " + status);
    }
  }

  private static void replaceTree(Path from, Path to) throws IOException {
    deleteTree(to);
    if (Files.exists(from)) {
      copyTree(from, to);
    }
  }

  private static void copyTree(Path from, Path to) throws IOException {
    try (Stream<Path> walk = Files.walk(from)) {
      for (Path path : walk.toList()) {
        Path copy = to.resolve(from.relativize(path).toString());
        if (Files.isDirectory(path)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(path, copy, StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
  }

  private static void deleteTree(Path tree) throws IOException {
    if (!Files.exists(tree)) {
      return;
    }
    try (Stream<Path> walk = Files.walk(tree)) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
