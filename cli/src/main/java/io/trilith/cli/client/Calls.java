package io.trilith.cli.client;

/** Requests to a server, or to what answers as one. Errors are {@link ApiException}. */
public interface Calls extends AutoCloseable {
  /** GET with parameters in pairs; the answer as it came. */
  String getText(String path, String... parameters);

  /** POST of a form with parameters in pairs; the answer as it came. */
  String askText(String path, String... parameters);

  /** DELETE with parameters in pairs. */
  Api.Node delete(String path, String... parameters);

  @Override
  void close();
}
