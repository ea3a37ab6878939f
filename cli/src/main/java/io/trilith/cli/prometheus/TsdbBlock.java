package io.trilith.cli.prometheus;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.block.SeriesCursor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A block of Prometheus' TSDB, open for reading: files are mapped, a series at a time is decoded.
 * What tombstones delete is left out. Not thread-safe.
 */
public final class TsdbBlock implements AutoCloseable {
  private static final JsonFactory JSON = new JsonFactory();
  private static final int CHUNKS_MAGIC = 0x85BD40DD;
  private static final int TOMBSTONES_MAGIC = 0x0130BA30;

  private final Path directory;
  private final Meta meta;
  private final TsdbIndex index;
  private final Map<Integer, MappedFile> chunkFiles = new HashMap<>();
  private final Map<Long, List<Interval>> tombstones;

  /**
   * What {@code meta.json} says.
   *
   * @param minTime milliseconds, inclusive
   * @param maxTime milliseconds, exclusive
   */
  public record Meta(String ulid, long minTime, long maxTime, long samples, long series) {}

  /** Times that are deleted, both included. */
  private record Interval(long min, long max) {}

  private TsdbBlock(Path directory) {
    this.directory = directory;
    this.meta = readMeta(directory);
    this.tombstones = readTombstones(directory.resolve("tombstones"));
    this.index = new TsdbIndex(directory.resolve("index"));
  }

  /** Opens the block in a directory. */
  public static TsdbBlock open(Path directory) {
    return new TsdbBlock(directory);
  }

  /**
   * The blocks below a data directory or a snapshot, or the directory itself when it is a block, by
   * time.
   */
  public static List<Path> find(Path directory) {
    if (isBlock(directory)) {
      return List.of(directory);
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .filter(TsdbBlock::isBlock)
          .sorted(
              Comparator.comparingLong((Path one) -> readMeta(one).minTime())
                  .thenComparing(Path::getFileName))
          .toList();
    } catch (IOException e) {
      throw new StorageException.Unavailable("cannot list " + directory, e);
    }
  }

  private static boolean isBlock(Path directory) {
    String name = String.valueOf(directory.getFileName());
    return !name.contains(".tmp-")
        && Files.isRegularFile(directory.resolve("meta.json"))
        && Files.isRegularFile(directory.resolve("index"));
  }

  public Meta meta() {
    return meta;
  }

  /** Bytes of index and chunks. */
  public long bytes() {
    try (Stream<Path> files = Files.walk(directory)) {
      long bytes = 0;
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
      }
      return bytes;
    } catch (IOException e) {
      throw new StorageException.Unavailable("cannot read " + directory, e);
    }
  }

  private static Meta readMeta(Path directory) {
    Path file = directory.resolve("meta.json");
    String ulid = "";
    long min = 0;
    long max = 0;
    long samples = 0;
    long series = 0;
    try (JsonParser json = JSON.createParser(file.toFile())) {
      int depth = 0;
      for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
        depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
        if (token.isScalarValue()) {
          String name = String.valueOf(json.currentName());
          switch (depth + name) {
            case "1ulid" -> ulid = json.getText();
            case "1minTime" -> min = json.getLongValue();
            case "1maxTime" -> max = json.getLongValue();
            case "2numSamples" -> samples = json.getLongValue();
            case "2numSeries" -> series = json.getLongValue();
            default -> {}
          }
        }
      }
    } catch (IOException e) {
      throw new StorageException.Unavailable("cannot read " + file, e);
    }
    return new Meta(ulid, min, max, samples, series);
  }

  private static Map<Long, List<Interval>> readTombstones(Path path) {
    Map<Long, List<Interval>> found = new HashMap<>();
    if (!Files.isRegularFile(path)) {
      return found;
    }
    try (MappedFile file = new MappedFile(path)) {
      if (file.size() < 9 || file.readInt() != TOMBSTONES_MAGIC || file.readByte() != 1) {
        throw file.corrupt("these are no tombstones of version 1");
      }
      long end = file.size() - 4;
      file.check(5, end);
      while (file.position() < end) {
        long series = file.readUnsigned();
        Interval interval = new Interval(file.readSigned(), file.readSigned());
        found.computeIfAbsent(series, _ -> new ArrayList<>()).add(interval);
      }
    }
    return found;
  }

  /**
   * All series with samples in a range, ascending as {@link Labels} compare.
   *
   * @param later takes the places of series that come too late for that order, which Prometheus
   *     sorts by bytes: read them by another cursor
   */
  public SeriesCursor cursor(List<Integer> places, long min, long max, List<Integer> later) {
    return new Cursor(places, min, max, later);
  }

  /** The places of all series. */
  public List<Integer> places() {
    List<Integer> places = new ArrayList<>(index.seriesCount());
    for (int i = 0; i < index.seriesCount(); i++) {
      places.add(i);
    }
    return places;
  }

  private final class Cursor implements SeriesCursor {
    private final List<Integer> places;
    private final long min;
    private final long max;
    private final List<Integer> later;
    private int next;
    private int place;
    private Labels labels = Labels.EMPTY;

    Cursor(List<Integer> places, long min, long max, List<Integer> later) {
      this.places = places;
      this.min = min;
      this.max = max;
      this.later = later;
    }

    @Override
    public boolean next() {
      while (next < places.size()) {
        place = places.get(next++);
        index.read(place);
        Labels found = index.labels();
        if (found.compareTo(labels) > 0) {
          labels = found;
          return true;
        }
        if (!found.isEmpty()) {
          later.add(place);
        }
      }
      return false;
    }

    @Override
    public Labels labels() {
      return labels;
    }

    @Override
    public void read(SampleBuffer into) {
      into.clear();
      List<Interval> deleted = tombstones.getOrDefault(index.reference(place), List.of());
      for (int i = 0; i < index.chunks(); i++) {
        if (index.min(i) <= max && index.max(i) >= min) {
          readChunk(
              index.ref(i),
              time ->
                  time >= min
                      && time <= max
                      && deleted.stream().noneMatch(one -> time >= one.min && time <= one.max),
              into);
        }
      }
      into.sortAndKeepLast();
    }
  }

  private void readChunk(long ref, ChunkReader.Wanted wanted, SampleBuffer into) {
    MappedFile file = chunkFiles.computeIfAbsent((int) (ref >>> 32), this::openChunks);
    file.position(ref & 0xffff_ffffL);
    long length = file.readUnsigned();
    long start = file.position();
    file.check(start, start + 1 + length);
    int encoding = file.readByte();
    byte[] content = file.readBytes(length);
    try {
      ChunkReader.read(encoding, content, wanted, into);
    } catch (ChunkBits.BadChunkException e) {
      file.position(start);
      throw file.corrupt("a chunk: " + e.getMessage());
    }
  }

  /** Files are numbered from 1, references from 0. */
  private MappedFile openChunks(int number) {
    MappedFile file =
        new MappedFile(directory.resolve("chunks").resolve("%06d".formatted(number + 1)));
    if (file.size() < 8 || file.readInt() != CHUNKS_MAGIC || file.readByte() != 1) {
      file.close();
      throw file.corrupt("it is no chunk file of version 1");
    }
    return file;
  }

  @Override
  public void close() {
    index.close();
    chunkFiles.values().forEach(MappedFile::close);
  }
}
