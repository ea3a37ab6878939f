package io.trilith.cli.rules;

import io.trilith.rules.unittest.UnitTestResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Writes what came of tests in the form that CI servers read. */
final class JunitReport {
  private JunitReport() {}

  static void write(Path file, List<UnitTestResult> results) throws IOException {
    StringBuilder xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml.append("<testsuites>\n");
    for (UnitTestResult result : results) {
      suite(result, xml);
    }
    Files.writeString(file, xml.append("</testsuites>\n"));
  }

  private static void suite(UnitTestResult result, StringBuilder xml) {
    long failed = result.tests().stream().filter(test -> !test.failures().isEmpty()).count();
    xml.append("  <testsuite name=\"").append(escaped(result.file()));
    xml.append("\" tests=\"").append(result.tests().size());
    xml.append("\" failures=\"").append(failed);
    xml.append("\" errors=\"").append(result.errors().size()).append("\">\n");
    for (String error : result.errors()) {
      xml.append("    <testcase name=\"")
          .append(escaped(result.file()))
          .append("\"><error message=\"");
      xml.append(escaped(error)).append("\"/></testcase>\n");
    }
    for (UnitTestResult.TestResult test : result.tests()) {
      xml.append("    <testcase name=\"").append(escaped(test.name())).append('"');
      if (test.failures().isEmpty()) {
        xml.append("/>\n");
        continue;
      }
      xml.append(">\n");
      for (UnitTestResult.Failure failure : test.failures()) {
        xml.append("      <failure message=\"").append(escaped(failure.what())).append("\">");
        xml.append(escaped("exp: " + failure.expected() + "\ngot: " + failure.got()));
        xml.append("</failure>\n");
      }
      xml.append("    </testcase>\n");
    }
    xml.append("  </testsuite>\n");
  }

  private static String escaped(String text) {
    StringBuilder out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '&' -> out.append("&amp;");
        case '"' -> out.append("&quot;");
        case '\n' -> out.append("&#10;");
        default -> out.append(c < ' ' && c != '\t' ? '\ufffd' : c);
      }
    }
    return out.toString();
  }
}
