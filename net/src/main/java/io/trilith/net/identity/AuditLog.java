package io.trilith.net.identity;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import io.trilith.config.AuditConfig;
import io.trilith.config.ConfigException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who did what, one JSON object a line. What a client sends stands in values only, escaped to
 * ASCII, so that it can make no line and no field. One thread writes; a file that was renamed is
 * opened anew. Thread-safe.
 */
public final class AuditLog implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(AuditLog.class);
  private static final Logger lines = LoggerFactory.getLogger("io.trilith.audit");
  private static final int WAITING_MAX = 1000;
  private static final int TEXT_MAX = 1000;

  /** So many refusals a second are written; attackers make more. */
  private static final int REFUSALS_A_SECOND = 50;

  private static final JsonFactory JSON =
      JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private final Path path;
  private final AccessMetrics metrics;
  private final BlockingQueue<byte[]> waiting = new ArrayBlockingQueue<>(WAITING_MAX);
  private final Thread writer;
  private final AtomicInteger refusals = new AtomicInteger();
  private volatile long refusalSecond;
  private volatile boolean closed;
  private @Nullable FileChannel file;
  private @Nullable Object identity;

  /**
   * One thing that was done or refused.
   *
   * @param outcome ok, failed, denied or unauthenticated
   * @param details what was asked for, such as selectors
   */
  public record Entry(
      Instant time,
      Caller caller,
      String action,
      String tenant,
      String outcome,
      int status,
      String address,
      Map<String, List<String>> details) {
    public Entry {
      details = Map.copyOf(details);
    }
  }

  /** Throws ConfigException when the file cannot be written. */
  public AuditLog(AuditConfig config, AccessMetrics metrics) {
    this.path = config.file();
    this.metrics = metrics;
    if (config.hasFile()) {
      try {
        open();
      } catch (IOException e) {
        throw new ConfigException("audit.file: '" + path + "' cannot be written: " + e, e);
      }
    }
    writer = Thread.ofPlatform().daemon().name("audit").start(this::write);
  }

  /** Writes down what was done. Waits when many do at once: nothing of it is left out. */
  public void done(Entry entry) {
    try {
      waiting.put(json(entry));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Writes down what was refused, as far as there are not too many. Never blocks. */
  void refused(Entry entry) {
    long second = entry.time().getEpochSecond();
    if (second != refusalSecond) {
      refusalSecond = second;
      refusals.set(0);
    }
    if (refusals.incrementAndGet() > REFUSALS_A_SECOND || !waiting.offer(json(entry))) {
      metrics.auditDropped();
    }
  }

  private static byte[] json(Entry entry) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("time", entry.time().toString());
      json.writeStringField("actor", cut(entry.caller().name()));
      json.writeStringField("kind", kind(entry.caller().kind()));
      json.writeStringField("action", cut(entry.action()));
      json.writeStringField("tenant", cut(entry.tenant()));
      json.writeStringField("outcome", entry.outcome());
      json.writeNumberField("status", entry.status());
      json.writeStringField("address", entry.address());
      if (!entry.details().isEmpty()) {
        json.writeObjectFieldStart("details");
        for (Map.Entry<String, List<String>> detail : entry.details().entrySet()) {
          json.writeArrayFieldStart(detail.getKey());
          for (String text : detail.getValue()) {
            json.writeString(cut(text));
          }
          json.writeEndArray();
        }
        json.writeEndObject();
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static String kind(Caller.Kind kind) {
    return switch (kind) {
      case ANYONE -> "none";
      case TOKEN -> "token";
      case USER -> "user";
      case JWT -> "jwt";
      case CERTIFICATE -> "certificate";
    };
  }

  private static String cut(String text) {
    return text.length() <= TEXT_MAX ? text : text.substring(0, TEXT_MAX) + "...";
  }

  private void write() {
    while (!closed || !waiting.isEmpty()) {
      try {
        byte[] line = waiting.poll(200, TimeUnit.MILLISECONDS);
        if (line != null) {
          write(line);
        }
      } catch (InterruptedException e) {
        return;
      } catch (IOException e) {
        log.error("audit.file: '{}' cannot be written, a line is lost: {}", path, e.toString());
      }
    }
  }

  private void write(byte[] line) throws IOException {
    if (path.toString().isEmpty()) {
      lines.info("{}", new String(line, StandardCharsets.US_ASCII));
      return;
    }
    FileChannel now = current();
    ByteBuffer bytes = ByteBuffer.allocate(line.length + 1).put(line).put((byte) '\n').flip();
    while (bytes.hasRemaining()) {
      int _ = now.write(bytes);
    }
  }

  /** The file, opened anew when another one or none has its name by now. */
  private FileChannel current() throws IOException {
    FileChannel now = file;
    if (now == null || identity == null || !identity.equals(key(path))) {
      if (now != null) {
        now.close();
      }
      now = open();
    }
    return now;
  }

  private FileChannel open() throws IOException {
    FileChannel opened =
        FileChannel.open(
            path,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    file = opened;
    identity = key(path);
    return opened;
  }

  private static @Nullable Object key(Path path) throws IOException {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /** Writes what waits and closes the file. */
  @Override
  public void close() {
    closed = true;
    try {
      writer.join(2000);
      FileChannel last = file;
      if (last != null) {
        last.close();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      log.warn("audit.file: '{}' cannot be closed: {}", path, e.toString());
    }
  }
}
