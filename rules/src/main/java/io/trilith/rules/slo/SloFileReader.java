package io.trilith.rules.slo;

import io.trilith.rules.QueryLanguages;
import io.trilith.rules.file.Problem;
import io.trilith.rules.file.Problems;
import io.trilith.rules.file.YamlFields;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Reads files of SLOs, strictly: all that is wrong is told, with line, SLO and key. A document is
 * in Sloth's form when it has {@code version: prometheus/v1}, in OpenSLO's when it has {@code
 * apiVersion: openslo/v1}, else in Trilith's own. A file may have several. Thread-safe.
 */
public final class SloFileReader {
  private final CountedExpressions expressions;

  /**
   * What was read.
   *
   * @param slos those without a problem
   */
  public record Content(List<Slo> slos, List<Problem> problems) {}

  /** Of expressions that nest so deep at most. */
  public SloFileReader(QueryLanguages languages, int depthMax) {
    this.expressions = new CountedExpressions(languages, depthMax);
  }

  /** A file. */
  public Content read(String file, String text) {
    Problems problems = new Problems(file, false);
    List<Slo> slos = new ArrayList<>();
    List<YamlFields> openSlo = new ArrayList<>();
    for (Node document : documents(text, problems)) {
      if (!(document instanceof MappingNode)) {
        problems.add(document, "", "a file of SLOs is a map");
        continue;
      }
      YamlFields kind = YamlFields.of(document, "a file", Set.of(), new Problems(file, false));
      if (kind.has("version")) {
        new SlothForm(file, expressions, problems).read(document, slos);
      } else if (kind.has("apiVersion")) {
        openSlo.add(kind);
      } else {
        new ShortForm(file, expressions, problems).read(document, slos);
      }
    }
    new OpenSloForm(file, expressions, problems).read(openSlo, slos);
    checkUnique(slos, new HashMap<>(), problems);
    return new Content(List.copyOf(slos), problems.found());
  }

  private static void checkUnique(List<Slo> slos, Map<String, Slo> seen, Problems problems) {
    for (Slo slo : slos) {
      Slo before = seen.putIfAbsent(slo.id(), slo);
      if (before != null) {
        problems.add(
            (Node) null,
            "slo \"" + slo.name() + "\"",
            "line "
                + slo.line()
                + ": \""
                + slo.id()
                + "\" is there already, at line "
                + before.line()
                + "; an SLO is known by service and name");
      }
    }
  }

  private static List<Node> documents(String text, Problems problems) {
    List<Node> documents = new ArrayList<>();
    try {
      new Compose(LoadSettings.builder().setAllowDuplicateKeys(true).build())
          .composeAllFromString(text)
          .forEach(documents::add);
    } catch (MarkedYamlEngineException e) {
      String where =
          e.getProblemMark().map(mark -> "line " + (mark.getLine() + 1) + ": ").orElse("");
      problems.add((Node) null, "", where + "is not YAML: " + e.getProblem());
    } catch (YamlEngineException e) {
      problems.add((Node) null, "", "is not YAML: " + e.getMessage());
    }
    return documents;
  }
}
