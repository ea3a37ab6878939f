package io.trilith.net;

/** How a protocol words what is refused, where clients expect more than a plain text. */
@FunctionalInterface
public interface RefusalForm {
  /**
   * The answer; Retry-After is added where retrying is right.
   *
   * @param contentType the request's header, empty when there is none
   */
  HttpAnswer.Whole answer(int status, String text, String contentType);
}
