package io.trilith.cli.bucket;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.CatalogObjects;
import io.trilith.storage.catalog.Commit;
import io.trilith.storage.model.BlockId;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows one commit in full. */
@Command(
    name = "show",
    description = "Show what a commit added, removed and covered.",
    footer = {"", "Status: 0 shown, 1 there is no such commit or it is damaged, 2 a wrong call."},
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class CatalogShowCommand implements Callable<Integer> {
  @Parameters(paramLabel = "N", arity = "0..1", description = "Its number. Default: the last")
  private @Nullable Long number;

  @Mixin private OutputOption output = new OutputOption();
  @Mixin private BucketOptions bucket = new BucketOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return bucket.look(
        spec,
        (opened, out, err) -> {
          CatalogObjects catalog = new CatalogObjects(opened.objects());
          NavigableSet<Long> numbers = catalog.commits();
          if (numbers.isEmpty()) {
            throw new VerbException(opened.place() + " has no commits: nothing was flushed to it");
          }
          long wanted = number == null ? numbers.last() : number;
          if (!numbers.contains(wanted)) {
            throw new VerbException(
                opened.place()
                    + " has no commit "
                    + wanted
                    + "; it has "
                    + numbers.first()
                    + " to "
                    + numbers.last());
          }
          show(catalog.commit(wanted), opened, out);
          return 0;
        });
  }

  private void show(Commit commit, Bucket opened, PrintWriter out) {
    Listing added = BlocksListCommand.listing(commit.added(), opened);
    Listing coverage = new Listing("signal", "tenant", "covered to");
    commit
        .coverage()
        .forEach(
            one -> coverage.row(one.scope().signal().text(), one.scope().tenant(), one.next()));
    List<String> removed = commit.removed().stream().map(BlockId::text).toList();
    Map<String, @Nullable Object> facts = new LinkedHashMap<>();
    facts.put("commit", commit.number());
    facts.put("time", Instant.ofEpochMilli(commit.createdMillis()));
    facts.put("what", CatalogLogCommand.what(commit));
    facts.put("uuid", commit.uuid());
    facts.put(
        "added_bytes", new Shown.Bytes(commit.added().stream().mapToLong(BlockEntry::bytes).sum()));
    if (output.isJson()) {
      facts.put("added", added.maps());
      facts.put("removed", removed);
      facts.put("coverage", coverage.maps());
      Shown.json(facts, out);
      return;
    }
    facts.forEach((name, value) -> out.println(name.replace('_', ' ') + ": " + Shown.text(value)));
    if (added.size() > 0) {
      out.println("\nadded");
      added.table(out);
    }
    if (!removed.isEmpty()) {
      out.println("\nremoved");
      removed.forEach(out::println);
    }
    if (coverage.size() > 0) {
      out.println("\ncovered");
      coverage.table(out);
    }
  }
}
