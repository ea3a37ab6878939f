package io.trilith.cli.rules;

import io.trilith.rules.QueryLanguages;
import io.trilith.rules.file.FileGlobs;
import io.trilith.rules.file.Problem;
import io.trilith.rules.slo.SloFileReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Parameters;

/** Files of SLOs that are named on the command line. */
final class SloFiles {
  @Parameters(
      paramLabel = "FILE",
      arity = "0..*",
      description =
          "Files of SLOs in Sloth's form, OpenSLO v1 or Trilith's own, with * in names. None, or -,"
              + " reads standard input.")
  private List<String> files = new ArrayList<>();

  private final SloFileReader reader =
      new SloFileReader(
          new QueryLanguages(RulesCheckCommand.DEPTH_MAX), RulesCheckCommand.DEPTH_MAX);

  /** Takes what was read of a file. */
  @FunctionalInterface
  interface Reading {
    void read(String file, SloFileReader.Content content);
  }

  /** Reads all; whether each could be read and is fine. What is wrong is told. */
  boolean read(PrintWriter err, Reading reading) throws IOException {
    boolean good = true;
    if (files.isEmpty()) {
      files = List.of("-");
    }
    for (String pattern : files) {
      if (pattern.equals("-")) {
        String text = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
        good &= read("standard input", text, err, reading);
        continue;
      }
      List<Path> found = FileGlobs.find(pattern);
      if (found.isEmpty()) {
        err.println(pattern + ": no such file");
        good = false;
      }
      for (Path file : found) {
        try {
          good &= read(file.toString(), Files.readString(file), err, reading);
        } catch (IOException e) {
          err.println(file + ": no such file, or it cannot be read: " + e);
          good = false;
        }
      }
    }
    return good;
  }

  private boolean read(String file, String text, PrintWriter err, Reading reading) {
    SloFileReader.Content content = reader.read(file, text);
    reading.read(file, content);
    for (Problem problem : content.problems()) {
      err.println(problem);
    }
    return content.problems().isEmpty();
  }
}
