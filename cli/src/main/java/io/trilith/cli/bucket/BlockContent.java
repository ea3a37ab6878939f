package io.trilith.cli.bucket;

import io.trilith.logstore.ScanCounts;
import io.trilith.logstore.block.LogBlock;
import io.trilith.logstore.chunk.PageRef;
import io.trilith.logstore.chunk.StreamPages;
import io.trilith.logstore.page.Page;
import io.trilith.logstore.page.SplitPage;
import io.trilith.storage.block.BlockReader;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.object.ObjectStore;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.block.TraceBlock;
import io.trilith.tracestore.chunk.PartSource;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.block.BlockCursor;
import io.trilith.tsdb.block.MetricBlock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A block opened for a look at all of it, whatever its signal. Not thread-safe. */
sealed interface BlockContent {
  /** The container. */
  BlockReader container();

  /** What is counted from the indexes alone. */
  Map<String, Object> facts();

  /** How many values each label has by its name; of traces the bytes of each column. */
  SortedMap<String, Long> labels();

  /**
   * Decodes everything.
   *
   * @return how many items there are
   * @throws StorageException.Corrupt at the first place that is damaged
   */
  long decode();

  static BlockContent open(ObjectStore objects, BlockEntry block) {
    return switch (block.signal()) {
      case METRICS -> new Metrics(MetricBlock.open(objects, block.objectName()));
      case LOGS -> new Logs(LogBlock.open(objects, block.objectName()));
      case TRACES -> new Traces(TraceBlock.open(objects, block.objectName()));
    };
  }

  /** Series with chunks. */
  record Metrics(MetricBlock block) implements BlockContent {
    @Override
    public BlockReader container() {
      return block.container();
    }

    @Override
    public Map<String, Object> facts() {
      long[] counts = new long[3];
      block.eachSeries(
          Long.MIN_VALUE,
          Long.MAX_VALUE,
          series -> {
            counts[0] += series.chunks();
            counts[1] += series.histogramChunks();
            counts[2] += series.chunksWithStarts();
          });
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("series", block.seriesCount());
      facts.put("chunks", counts[0]);
      facts.put("float_chunks", counts[0] - counts[1]);
      facts.put("histogram_chunks", counts[1]);
      facts.put("chunks_with_starts", counts[2]);
      facts.put("time_columns", block.timeColumns());
      facts.put("exemplars", block.exemplars().size());
      facts.put("metadata", block.metadata().size());
      return facts;
    }

    @Override
    public SortedMap<String, Long> labels() {
      return block.labelValueCounts();
    }

    @Override
    public long decode() {
      BlockCursor cursor = block.cursor(Long.MIN_VALUE, Long.MAX_VALUE);
      SampleBuffer samples = new SampleBuffer();
      long items = 0;
      while (cursor.next()) {
        cursor.labels();
        cursor.read(samples);
        items += samples.size();
      }
      block.exemplars();
      block.metadata();
      return items;
    }
  }

  /** Streams with pages. */
  record Logs(LogBlock block) implements BlockContent {
    @Override
    public BlockReader container() {
      return block.container();
    }

    @Override
    public Map<String, Object> facts() {
      List<StreamPages> streams = block.allStreams();
      long pages = 0;
      long split = 0;
      long entries = 0;
      long lineBytes = 0;
      for (StreamPages stream : streams) {
        for (PageRef page : stream.pages()) {
          pages++;
          split += page.isSplit() ? 1 : 0;
          entries += page.count();
          lineBytes += page.lineBytes();
        }
      }
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("streams", streams.size());
      facts.put("pages", pages);
      facts.put("split_pages", split);
      facts.put("plain_pages", pages - split);
      facts.put("entries", entries);
      facts.put("line_bytes", new Shown.Bytes(lineBytes));
      return facts;
    }

    @Override
    public SortedMap<String, Long> labels() {
      SortedMap<String, Long> counts = new TreeMap<>();
      TreeMap<String, Set<String>> values = new TreeMap<>();
      for (StreamPages stream : block.allStreams()) {
        for (int i = 0; i < stream.labels().size(); i++) {
          values
              .computeIfAbsent(stream.labels().name(i), _ -> new HashSet<>())
              .add(stream.labels().value(i));
        }
      }
      values.forEach((name, all) -> counts.put(name, (long) all.size()));
      return counts;
    }

    @Override
    public long decode() {
      long items = 0;
      for (StreamPages stream : block.allStreams()) {
        for (PageRef ref : stream.pages()) {
          Page page = ref.load(new ScanCounts());
          if (page instanceof SplitPage split) {
            split.check();
          }
          for (int i = 0; i < page.count(); i++) {
            page.time(i);
            page.lineArray(i);
            page.metadata(i);
          }
          items += page.count();
        }
      }
      return items;
    }
  }

  /** Traces in row groups. */
  record Traces(TraceBlock block) implements BlockContent {
    @Override
    public BlockReader container() {
      return block.container();
    }

    @Override
    public Map<String, Object> facts() {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("traces", traces());
      facts.put("row_groups", block.groupCount());
      return facts;
    }

    private long traces() {
      PartSource.Cursor parts = block.parts();
      long traces = 0;
      @Nullable TraceId last = null;
      while (parts.next()) {
        traces += parts.traceId().equals(last) ? 0 : 1;
        last = parts.traceId();
      }
      return traces;
    }

    @Override
    public SortedMap<String, Long> labels() {
      return block.columnBytes(Long.MIN_VALUE, Long.MAX_VALUE);
    }

    @Override
    public long decode() {
      PartSource.Cursor parts = block.parts();
      List<Span> spans = new ArrayList<>();
      long items = 0;
      while (parts.next()) {
        spans.clear();
        parts.addSpans(spans, Integer.MAX_VALUE);
        items += spans.size();
      }
      return items;
    }
  }
}
