package io.trilith.net;

import io.netty.channel.ChannelFuture;
import io.trilith.net.identity.Admitted;
import io.trilith.net.identity.Caller;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.model.TenantId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One request on its way through its handler. Runs on a virtual thread of its own. */
final class HttpExchange implements HttpRequest, Runnable {
  private static final Logger log = LoggerFactory.getLogger(HttpExchange.class);
  private static final int FORM_MAX = 8 << 20;

  private final NetContext context;
  private final RequestHead head;
  private final RouteTable.Match match;
  private final RouteTable.Endpoint endpoint;
  private final Admitted who;
  private final Http1Connection connection;
  private final BodyBuffer encoded;
  private final RequestMemory memory;
  private final BodyDecoder.Encoding encoding;
  private volatile boolean cancelled;
  private byte[] body = new byte[0];
  private byte[] handshake = new byte[0];
  private HttpAnswer.@Nullable Upgrade upgrade;
  private @Nullable Map<String, List<String>> parameters;
  private final List<Runnable> releases = new ArrayList<>(1);

  // Guarded by itself.
  private final Set<String> warnings = new LinkedHashSet<>(1);

  /** What the connection knows of a request before its body is there. */
  record Opening(
      RequestHead head,
      RouteTable.Match match,
      RouteTable.Endpoint endpoint,
      Admitted who,
      BodyDecoder.Encoding encoding) {}

  HttpExchange(
      NetContext context,
      Opening opening,
      Http1Connection connection,
      BodyBuffer encoded,
      RequestMemory memory) {
    this.context = context;
    this.head = opening.head();
    this.match = opening.match();
    this.endpoint = opening.endpoint();
    this.who = opening.who();
    this.encoding = opening.encoding();
    this.connection = connection;
    this.encoded = encoded;
    this.memory = memory;
  }

  void cancel() {
    cancelled = true;
  }

  @Override
  public void run() {
    long began = System.nanoTime();
    context.metrics().began();
    AnswerWriter out = connection.newWriter(head, this::warnings);
    try (memory) {
      ChannelFuture last = answer(out);
      HttpAnswer.Upgrade asked = upgrade;
      if (asked != null) {
        serve(asked.handler());
      } else if (last == null) {
        connection.abort();
      } else {
        connection.answered(last, out.keepAlive());
      }
    } finally {
      releases.forEach(Runnable::run);
      String route = match.route().pattern();
      int status = upgrade != null ? upgrade.status() : out.committed() ? out.status() : 499;
      context.metrics().ended(route, head.method(), status, System.nanoTime() - began);
      context.metrics().moved(route, body.length, out.bytes());
      audit(status);
    }
  }

  /** Writes down what was changed: who, what, and of what the request named. */
  private void audit(int status) {
    boolean changes = !head.method().equals("GET") && !head.method().equals("HEAD");
    if (changes && endpoint.access().isSensitive()) {
      String action = head.method() + " " + match.route().pattern();
      context.access().done(who, action, status, AuditedParameters.of(match, this));
    }
  }

  /** Null when the answer broke off. */
  private @Nullable ChannelFuture answer(AnswerWriter out) {
    try (WorkQueue.Permit permit = context.enter(endpoint.kind(), who.tenant())) {
      body =
          encoding == BodyDecoder.Encoding.SNAPPY && endpoint.takesBlocks()
              ? encoded.drain()
              : context.decoder().decode(encoding, encoded, memory.body());
      return context.run(endpoint.kind(), () -> answer(out, permit));
    } catch (Throwable failure) {
      if (out.committed() || (failure instanceof IOException && connection.gone())) {
        if (!connection.gone()) {
          log.warn("route={} answer broke off", match.route().pattern(), failure);
        }
        return null;
      }
      return refuse(out, failure);
    }
  }

  private @Nullable ChannelFuture answer(AnswerWriter out, WorkQueue.Permit permit)
      throws Exception {
    HttpAnswer answer = endpoint.handler().handle(this);
    if (answer instanceof HttpAnswer.Upgrade asked) {
      handshake = WebSocketConnection.handshake(head);
      upgrade = asked;
      return null;
    }
    return out.write(answer, permit);
  }

  /** Talks through a WebSocket until it is closed, without a place among the running. */
  private void serve(WebSocketHandler handler) {
    WebSocket socket = connection.upgrade(handshake, this::cancel);
    if (socket == null) {
      return;
    }
    try {
      handler.serve(socket);
      socket.close(WebSocket.NORMAL, "");
    } catch (Exception failure) {
      if (socket.isOpen()) {
        Refusal refusal = Refusal.of(failure, match.route().pattern());
        socket.close(WebSocket.INTERNAL_ERROR, refusal.text());
      }
    }
  }

  private @Nullable ChannelFuture refuse(AnswerWriter out, Throwable failure) {
    try {
      Refusal refusal = Refusal.of(failure, match.route().pattern());
      return out.write(refusal, endpoint.refusals());
    } catch (IOException _) {
      return null;
    }
  }

  @Override
  public String method() {
    return head.method();
  }

  @Override
  public String path() {
    return Percent.segment(head.target());
  }

  @Override
  public TenantId tenant() {
    return who.tenant();
  }

  @Override
  public Caller caller() {
    return who.caller();
  }

  @Override
  public String pathVariable(String name) {
    String value = match.variables().get(name);
    if (value == null) {
      throw new IllegalStateException(match.route().pattern() + " has no variable " + name);
    }
    return value;
  }

  @Override
  public Optional<String> header(String name) {
    return Optional.ofNullable(head.header(name.toLowerCase(Locale.ROOT)));
  }

  @Override
  public List<String> parameters(String name) {
    return parameters().getOrDefault(name, List.of());
  }

  @Override
  public Map<String, List<String>> parameters() {
    if (parameters == null) {
      Map<String, List<String>> all = Percent.newMap();
      Percent.parameters(head.query(), all);
      if (contentType().equals("application/x-www-form-urlencoded")) {
        if (body.length > FORM_MAX) {
          throw new HttpStatusException(
              413, "the form is larger than the limit of " + FORM_MAX + " bytes");
        }
        Percent.parameters(new String(body, StandardCharsets.ISO_8859_1), all);
      }
      parameters = all;
    }
    return parameters;
  }

  @Override
  public byte[] body() {
    return body;
  }

  @Override
  public String contentType() {
    String type = head.header("content-type");
    if (type == null) {
      return "";
    }
    int semicolon = type.indexOf(';');
    return (semicolon < 0 ? type : type.substring(0, semicolon)).strip().toLowerCase(Locale.ROOT);
  }

  @Override
  public boolean cancelled() {
    return cancelled;
  }

  @Override
  public void reserve(long bytes) {
    context.decoder().checkDecoded(bytes);
    memory.body().take(bytes);
  }

  @Override
  public Booking memory() {
    return memory.all();
  }

  @Override
  public void onEnd(Runnable release) {
    releases.add(release);
  }

  @Override
  public void warn(String text) {
    synchronized (warnings) {
      warnings.add(text);
    }
  }

  @Override
  public List<String> warnings() {
    synchronized (warnings) {
      return List.copyOf(warnings);
    }
  }
}
