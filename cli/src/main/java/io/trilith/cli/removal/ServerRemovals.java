package io.trilith.cli.removal;

import io.trilith.cli.client.Api;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A server is asked. */
final class ServerRemovals implements Removals {
  private static final String DELETE = "/api/v1/admin/delete";
  private static final String RESTORE = "/api/v1/admin/restore";

  private final Api api;

  ServerRemovals(Api api) {
    this.api = api;
  }

  @Override
  public String create(Wanted wanted, boolean dryRun, String by) {
    List<String> parameters = new ArrayList<>();
    wanted.metrics().forEach(selector -> parameters.addAll(List.of("metrics", selector)));
    wanted.logs().forEach(selector -> parameters.addAll(List.of("logs", selector)));
    wanted.traces().forEach(selector -> parameters.addAll(List.of("traces", selector)));
    time("start", wanted.from(), parameters);
    time("end", wanted.to(), parameters);
    parameters.addAll(List.of("dry-run", Boolean.toString(dryRun)));
    parameters.addAll(List.of("by", by));
    return api.askText(DELETE, parameters.toArray(String[]::new));
  }

  private static void time(String name, @Nullable Instant time, List<String> parameters) {
    if (time != null) {
      parameters.addAll(List.of(name, time.toString()));
    }
  }

  @Override
  public String list() {
    return api.getText(DELETE);
  }

  @Override
  public String status(String id) {
    return api.getText(path(id));
  }

  @Override
  public void cancel(String id, boolean force, String by) {
    Api.Node _ = api.delete(path(id), "force", Boolean.toString(force), "by", by);
  }

  private static String path(String id) {
    return DELETE + "/" + URLEncoder.encode(id, StandardCharsets.UTF_8);
  }

  @Override
  public String restorable() {
    return api.getText(RESTORE);
  }

  @Override
  public String restore(List<String> blocks) {
    List<String> parameters = new ArrayList<>();
    blocks.forEach(block -> parameters.addAll(List.of("block", block)));
    return api.askText(RESTORE, parameters.toArray(String[]::new));
  }

  @Override
  public String plan() {
    return api.getText("/admin/retention/plan");
  }

  @Override
  public String run(boolean confirm) {
    return api.askText("/admin/retention/run", "confirm", Boolean.toString(confirm));
  }

  @Override
  public String undo() {
    return api.askText("/admin/retention/undo");
  }

  @Override
  public String history() {
    return api.getText("/admin/retention/log");
  }

  @Override
  public void close() {
    api.close();
  }
}
