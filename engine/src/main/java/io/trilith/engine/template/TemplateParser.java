package io.trilith.engine.template;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Parses one template. Used once. */
final class TemplateParser {
  private static final int DEPTH_MAX = 100;
  private static final int ACTIONS_MAX = 10_000;

  /** What is parsed: the text's own nodes, and templates it defines. */
  record Parsed(List<Node> body, Map<String, List<Node>> definitions) {}

  private final String name;
  private final String text;
  private final FunctionTable functions;
  private final Map<String, List<Node>> definitions = new HashMap<>();
  private final Set<String> variables = new HashSet<>();
  private int at;
  private boolean trimNext;
  private int depth;
  private int actions;
  private int loops;

  /** What ended a list of nodes. */
  private @Nullable String ending;

  private @Nullable ActionLexer endingAction;

  TemplateParser(String name, String text, FunctionTable functions) {
    this.functions = functions;
    this.name = name;
    this.text = text;
    variables.add("$");
  }

  Parsed parse() throws TemplateException {
    List<Node> body = nodes();
    if (ending != null) {
      throw error("unexpected {{" + ending + "}}");
    }
    return new Parsed(body, definitions);
  }

  private TemplateException error(String message) {
    int line = 1;
    for (int i = 0; i < Math.min(at, text.length()); i++) {
      line += text.charAt(i) == '\n' ? 1 : 0;
    }
    return new TemplateException("template: " + name + ":" + line + ": " + message);
  }

  /** Nodes up to an {@code end} or {@code else}, which is told in {@link #ending}. */
  private List<Node> nodes() throws TemplateException {
    if (++depth > DEPTH_MAX) {
      throw error("nested deeper than " + DEPTH_MAX);
    }
    List<Node> nodes = new ArrayList<>();
    ending = null;
    endingAction = null;
    while (at < text.length()) {
      int open = text.indexOf("{{", at);
      int stop = open < 0 ? text.length() : open;
      boolean trimsBefore =
          open >= 0
              && text.startsWith("{{-", open)
              && open + 3 < text.length()
              && Character.isWhitespace(text.charAt(open + 3));
      addText(nodes, text.substring(at, stop), trimsBefore);
      if (open < 0) {
        at = text.length();
        break;
      }
      at = open + (trimsBefore ? 3 : 2);
      ActionLexer action = action();
      if (action != null && statement(action, nodes)) {
        depth--;
        return nodes;
      }
    }
    depth--;
    return nodes;
  }

  private void addText(List<Node> nodes, String raw, boolean trimEnd) {
    String piece = raw;
    if (trimNext) {
      piece = piece.stripLeading();
    }
    if (trimEnd) {
      piece = piece.stripTrailing();
    }
    trimNext = false;
    if (!piece.isEmpty()) {
      nodes.add(new Node.Text(piece));
    }
  }

  /** Cuts the action that begins here; null for a comment. */
  private @Nullable ActionLexer action() throws TemplateException {
    int from = at;
    while (from < text.length() && Character.isWhitespace(text.charAt(from))) {
      from++;
    }
    if (text.startsWith("/*", from)) {
      int close = text.indexOf("*/", from + 2);
      if (close < 0) {
        throw error("unclosed comment");
      }
      at = close + 2;
      closeAction();
      return null;
    }
    if (++actions > ACTIONS_MAX) {
      throw error("more than " + ACTIONS_MAX + " actions");
    }
    int end = ActionLexer.end(text, at);
    if (end < 0) {
      throw error("unclosed action");
    }
    boolean trims =
        end > at + 1 && text.charAt(end - 1) == '-' && Character.isWhitespace(text.charAt(end - 2));
    ActionLexer lexer;
    try {
      lexer = new ActionLexer(text.substring(at, trims ? end - 1 : end), at);
    } catch (TemplateException e) {
      throw error(String.valueOf(e.getMessage()));
    }
    at = end + 2;
    trimNext = trims;
    return lexer;
  }

  private void closeAction() throws TemplateException {
    int from = at;
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    trimNext = at > from && text.startsWith("-}}", at);
    if (trimNext) {
      at++;
    }
    if (!text.startsWith("}}", at)) {
      throw error("comment ends before closing delimiter");
    }
    at += 2;
  }

  /** Parses one action; true when it ends the list. */
  private boolean statement(ActionLexer action, List<Node> nodes) throws TemplateException {
    String keyword = action.peekWord();
    switch (keyword) {
      case "end", "else" -> {
        action.next();
        ending = keyword;
        endingAction = action;
        return true;
      }
      case "if", "with", "range" -> {
        action.next();
        nodes.add(branch(keyword, action));
      }
      case "define", "block" -> define(keyword, action, nodes);
      case "template" -> {
        action.next();
        String called = action.stringLiteral();
        nodes.add(new Node.Call(called, action.done() ? null : pipe(action)));
      }
      case "break", "continue" -> {
        action.next();
        if (loops == 0) {
          throw error("{{" + keyword + "}} outside {{range}}");
        }
        nodes.add(keyword.equals("break") ? new Node.Break() : new Node.Continue());
      }
      default -> nodes.add(new Node.Action(pipe(action)));
    }
    return false;
  }

  private Node.Pipe pipe(ActionLexer action) throws TemplateException {
    try {
      return new PipeParser(action, variables, functions).parse();
    } catch (TemplateException e) {
      throw error(String.valueOf(e.getMessage()));
    }
  }

  private Node branch(String keyword, ActionLexer action) throws TemplateException {
    Set<String> outer = new HashSet<>(variables);
    Node.Pipe pipe = pipe(action);
    boolean range = keyword.equals("range");
    loops += range ? 1 : 0;
    List<Node> body = nodes();
    loops -= range ? 1 : 0;
    List<Node> otherwise = List.of();
    if ("else".equals(ending) && endingAction != null) {
      String next = endingAction.peekWord();
      if (next.equals("if") || next.equals("with")) {
        ActionLexer chained = endingAction;
        chained.next();
        if (++depth > DEPTH_MAX) {
          throw error("nested deeper than " + DEPTH_MAX);
        }
        otherwise = List.of(branch(next, chained));
        depth--;
        ending = "end";
      } else {
        otherwise = nodes();
      }
    }
    if (!"end".equals(ending)) {
      throw error("unexpected EOF");
    }
    ending = null;
    variables.retainAll(outer);
    return switch (keyword) {
      case "if" -> new Node.If(pipe, body, otherwise);
      case "with" -> new Node.With(pipe, body, otherwise);
      default -> new Node.Range(pipe, body, otherwise);
    };
  }

  private void define(String keyword, ActionLexer action, List<Node> nodes)
      throws TemplateException {
    action.next();
    String defined = action.stringLiteral();
    Node.Pipe pipe = keyword.equals("block") ? pipe(action) : null;
    Set<String> outer = new HashSet<>(variables);
    variables.clear();
    variables.add("$");
    List<Node> body = nodes();
    variables.clear();
    variables.addAll(outer);
    if (!"end".equals(ending)) {
      throw error("unexpected EOF");
    }
    ending = null;
    definitions.put(defined, body);
    if (pipe != null) {
      nodes.add(new Node.Call(defined, pipe));
    }
  }
}
