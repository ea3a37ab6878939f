package io.trilith.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.storage.error.InvalidRequestException;
import io.trilith.testing.Seeds;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket.Listener;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WebSocketTest {
  private static final String UPGRADE =
      """
      GET %s HTTP/1.1\r
      host: x\r
      upgrade: websocket\r
      connection: Upgrade\r
      sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r
      sec-websocket-version: 13\r
      \r
      """;

  private final TestServer server = new TestServer();
  private final CountDownLatch ended = new CountDownLatch(1);

  @BeforeEach
  void start() throws IOException {
    serve("/wait", this::waitForTheEnd);
    serve(
        "/long",
        socket -> {
          socket.send("x".repeat(200_000) + "é");
          socket.send("");
        });
    serve(
        "/wrong",
        socket -> {
          throw new InvalidRequestException("é".repeat(100));
        });
    serve(
        "/flood",
        socket -> {
          try {
            while (true) {
              socket.send("y".repeat(10_000));
            }
          } finally {
            ended.countDown();
          }
        });
    server.start();
  }

  private void serve(String path, WebSocketHandler handler) {
    server.http.get(path, _ -> new HttpAnswer.Upgrade(handler));
  }

  private void waitForTheEnd(WebSocket socket) {
    while (socket.isOpen()) {
      LockSupport.parkNanos(1_000_000);
    }
    ended.countDown();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  /** What a client of the JDK saw: texts, then how it ended. */
  private String talk(String path) throws Exception {
    CompletableFuture<String> seen = new CompletableFuture<>();
    StringBuilder all = new StringBuilder();
    try (HttpClient client = HttpClient.newHttpClient()) {
      java.net.http.WebSocket socket =
          client
              .newWebSocketBuilder()
              .buildAsync(
                  URI.create("ws://127.0.0.1:" + server.server().httpPort() + path),
                  new Listener() {
                    @Override
                    public @Nullable CompletionStage<?> onText(
                        java.net.http.WebSocket socket, CharSequence data, boolean last) {
                      all.append(data).append(last ? "|" : "");
                      socket.request(1);
                      return null;
                    }

                    @Override
                    public @Nullable CompletionStage<?> onPong(
                        java.net.http.WebSocket socket, ByteBuffer message) {
                      all.append("pong").append(message.remaining());
                      var _ = socket.sendClose(java.net.http.WebSocket.NORMAL_CLOSURE, "");
                      socket.request(1);
                      return null;
                    }

                    @Override
                    public @Nullable CompletionStage<?> onClose(
                        java.net.http.WebSocket socket, int code, String reason) {
                      seen.complete(all + "close " + code + " " + reason);
                      return null;
                    }

                    @Override
                    public void onError(java.net.http.WebSocket socket, Throwable error) {
                      seen.completeExceptionally(error);
                    }
                  })
              .get();
      if (path.equals("/wait")) {
        var _ = socket.sendPing(ByteBuffer.wrap(new byte[100]));
      }
      return seen.get(20, TimeUnit.SECONDS);
    }
  }

  @Test
  void sendsLongMessagesInPartsAndEmptyOnes() throws Exception {
    assertThat(talk("/long")).isEqualTo("x".repeat(200_000) + "é||close 1000 ");
  }

  @Test
  void answersPingsAndTheClientsClose() throws Exception {
    assertThat(talk("/wait")).isEqualTo("pong100close 1000 ");
    assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void saysFailuresInTheReasonCutToWholeCharacters() throws Exception {
    assertThat(talk("/wrong")).isEqualTo("close 1011 " + "é".repeat(61));
  }

  @Test
  void wantsAnUpgradeOfVersion13() throws IOException {
    assertThat(server.ask("GET /wait HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").status())
        .isEqualTo(400);
    assertThat(server.ask(UPGRADE.replace("13", "8").formatted("/wait")).status()).isEqualTo(426);
  }

  private Socket upgraded(String path, String ahead) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.server().httpPort());
    socket.setSoTimeout(20_000);
    OutputStream out = socket.getOutputStream();
    out.write((UPGRADE.formatted(path) + ahead).getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
    StringBuilder head = new StringBuilder();
    while (!head.toString().endsWith("\r\n\r\n")) {
      int next = socket.getInputStream().read();
      assertThat(next).isNotNegative();
      head.append((char) next);
    }
    assertThat(head.toString())
        .startsWith("HTTP/1.1 101 ")
        .contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    return socket;
  }

  @Test
  void readsFramesThatCameWithTheRequestAndEndsOnOnesThatAreNotAllowed() throws IOException {
    // A masked text, which is skipped, then a text without a mask.
    try (Socket socket = upgraded("/wait", "\u0081\u0083abcdxyz\u0081\u0003xyz")) {
      DataInputStream in = new DataInputStream(socket.getInputStream());
      assertThat(in.readUnsignedByte()).isEqualTo(0x88);
      int length = in.readUnsignedByte();
      assertThat(in.readUnsignedShort()).isEqualTo(1002);
      assertThat(new String(in.readNBytes(length - 2), StandardCharsets.UTF_8))
          .contains("RFC 6455");
    }
  }

  @Test
  void aHandlerEndsWhenItsSlowClientLeaves() throws Exception {
    Socket socket = upgraded("/flood", "");
    assertThat(socket.getInputStream().read()).isEqualTo(0x81); // a text
    socket.close();
    assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void anythingAClientSendsLeavesTheServerAlive() throws IOException {
    SplittableRandom random = Seeds.random("WebSocketTest");
    for (int i = 0; i < Seeds.iterations(60); i++) {
      byte[] junk = new byte[random.nextInt(400)];
      random.nextBytes(junk);
      try (Socket socket = upgraded("/wait", "")) {
        for (int at = 0; at < junk.length; at += 7) {
          socket.getOutputStream().write(junk, at, Math.min(7, junk.length - at));
        }
      } catch (IOException closedWhileWriting) {
        // as it should
      }
    }
    assertThat(server.ask("GET /none HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").status())
        .isEqualTo(404);
  }
}
