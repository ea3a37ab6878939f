package io.trilith.logql.pipeline;

import io.trilith.logstore.EntryCursor;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The labels of one entry while it goes through a pipeline: those of its stream, its structured
 * metadata, and what stages add. Metadata is decoded as far as it is asked for. Values may be
 * empty. One object serves all entries of a query, one after the other. Confined to one thread.
 */
public final class EntryLabels {
  public static final String ERROR = "__error__";
  public static final String ERROR_DETAILS = "__error_details__";
  static final String SUFFIX = "_extracted";
  private static final int INDEX_FROM = 24;

  /** Where a label comes from. */
  public enum Kind {
    STREAM,
    METADATA,
    PARSED
  }

  private Labels stream = Labels.EMPTY;
  private @Nullable EntryCursor cursor;

  /** Whether the labels of stream and metadata are in the arrays, or only what stages set. */
  private boolean loaded;

  private String[] names = new String[16];
  private String[] values = new String[16];
  private Kind[] kinds = new Kind[16];
  private int size;
  private final Map<String, Integer> index = new HashMap<>();
  private boolean indexed;
  private final List<String> firstExtracted = new ArrayList<>();
  private final Set<String> extracted = new HashSet<>();
  private @Nullable String error;
  private @Nullable String errorDetails;

  /** Begins a new entry of a stream; the cursor stands on it. */
  public void reset(Labels ofStream, EntryCursor at) {
    stream = ofStream;
    cursor = at;
    size = 0;
    loaded = false;
    if (indexed) {
      index.clear();
      indexed = false;
    }
    if (!firstExtracted.isEmpty()) {
      firstExtracted.clear();
      extracted.clear();
    }
    error = null;
    errorDetails = null;
  }

  /** Puts the labels of stream and metadata below those that stages set. */
  private void load() {
    EntryCursor at = cursor;
    if (loaded || at == null) {
      return;
    }
    loaded = true;
    int above = size;
    String[] setNames = above == 0 ? names : Arrays.copyOf(names, above);
    String[] setValues = above == 0 ? values : Arrays.copyOf(values, above);
    Kind[] setKinds = above == 0 ? kinds : Arrays.copyOf(kinds, above);
    size = 0;
    if (indexed) {
      index.clear();
      indexed = false;
    }
    for (int i = 0; i < stream.size(); i++) {
      append(stream.name(i), stream.value(i), Kind.STREAM);
    }
    Labels metadata = at.metadata();
    for (int i = 0; i < metadata.size(); i++) {
      String name = metadata.name(i);
      append(stream.has(name) ? name + SUFFIX : name, metadata.value(i), Kind.METADATA);
    }
    for (int i = 0; i < above; i++) {
      set(setNames[i], setValues[i], setKinds[i]);
    }
  }

  /** The value that stream or metadata give to a name, null when they do not have it. */
  private @Nullable String stored(String name) {
    String ofStream = stream.find(name);
    if (ofStream != null) {
      return ofStream;
    }
    EntryCursor at = cursor;
    if (at == null) {
      return null;
    }
    if (name.endsWith(SUFFIX)) {
      String base = name.substring(0, name.length() - SUFFIX.length());
      String clash = stream.has(base) ? at.metadata(base) : "";
      if (!clash.isEmpty()) {
        return clash;
      }
    }
    String value = at.metadata(name);
    return value.isEmpty() ? null : value;
  }

  private void append(String name, String value, Kind kind) {
    if (size == names.length) {
      names = Arrays.copyOf(names, size * 2);
      values = Arrays.copyOf(values, size * 2);
      kinds = Arrays.copyOf(kinds, size * 2);
    }
    names[size] = name;
    values[size] = value;
    kinds[size] = kind;
    if (indexed) {
      index.put(name, size);
    }
    size++;
  }

  private int find(String name) {
    if (size >= INDEX_FROM) {
      if (!indexed) {
        for (int i = 0; i < size; i++) {
          index.put(names[i], i);
        }
        indexed = true;
      }
      return index.getOrDefault(name, -1);
    }
    for (int i = 0; i < size; i++) {
      if (names[i].equals(name)) {
        return i;
      }
    }
    return -1;
  }

  /** The value, or null when the label is not there. */
  public @Nullable String value(String name) {
    if (name.equals(ERROR)) {
      return error;
    }
    if (name.equals(ERROR_DETAILS)) {
      return errorDetails;
    }
    int at = find(name);
    if (at >= 0) {
      return values[at];
    }
    return loaded ? null : stored(name);
  }

  /** The value, empty when the label is not there. */
  public String valueOrEmpty(String name) {
    String value = value(name);
    return value == null ? "" : value;
  }

  boolean hasError() {
    return error != null;
  }

  /** Marks the entry; the first mark stays. */
  void fail(String kind, @Nullable String details) {
    if (error == null) {
      error = kind;
    }
    if (errorDetails == null) {
      errorDetails = details;
    }
  }

  /** Marks the entry as one whose value could not be read. */
  public void failConversion(String kind, String details) {
    fail(kind, details);
  }

  /** Takes a label away. */
  public void drop(String name) {
    remove(name);
  }

  public @Nullable String error() {
    return error;
  }

  public String errorDetails() {
    return errorDetails == null ? "" : errorDetails;
  }

  /** The name a parser gives to a key: another one when stream or metadata have it. */
  String parsedName(String key) {
    EntryCursor at = cursor;
    boolean taken = stream.has(key) || (at != null && !at.metadata(key).isEmpty());
    return taken ? key + SUFFIX : key;
  }

  /** Whether no parser of this entry has found that name yet; now one has. */
  boolean claim(String name) {
    // A few names are found faster one by one than by their hashes.
    if (firstExtracted.contains(name)) {
      return false;
    }
    return firstExtracted.size() < INDEX_FROM ? firstExtracted.add(name) : extracted.add(name);
  }

  /** Sets what a stage found or made. */
  void set(String name, String value) {
    set(name, value, Kind.PARSED);
  }

  private void set(String name, String value, Kind kind) {
    int at = find(name);
    if (at < 0) {
      append(name, value, kind);
    } else {
      values[at] = value;
      kinds[at] = kind;
    }
  }

  void rename(String from, String to) {
    load();
    int at = find(from);
    if (at >= 0) {
      String value = values[at];
      Kind kind = kinds[at];
      remove(from);
      set(to, value, kind);
    }
  }

  void remove(String name) {
    if (name.equals(ERROR)) {
      error = null;
      return;
    }
    if (name.equals(ERROR_DETAILS)) {
      errorDetails = null;
      return;
    }
    load();
    int at = find(name);
    if (at < 0) {
      return;
    }
    size--;
    if (indexed) {
      index.remove(name);
      if (at < size) {
        index.put(names[size], at);
      }
    }
    names[at] = names[size];
    values[at] = values[size];
    kinds[at] = kinds[size];
  }

  /** Keeps the labels that the predicate accepts; errors stay. */
  void retain(BiPredicate<String, String> kept) {
    load();
    for (int i = size - 1; i >= 0; i--) {
      if (!kept.test(names[i], values[i])) {
        remove(names[i]);
      }
    }
  }

  /** All labels as they are now, errors included. */
  Map<String, String> snapshot() {
    load();
    Map<String, String> map = HashMap.newHashMap(size + 2);
    for (int i = 0; i < size; i++) {
      map.put(names[i], values[i]);
    }
    if (error != null) {
      map.put(ERROR, error);
    }
    if (errorDetails != null) {
      map.put(ERROR_DETAILS, errorDetails);
    }
    return map;
  }

  /** The labels that are not empty, errors among them. */
  public Labels withErrors() {
    if (error == null) {
      return toLabels();
    }
    Labels.Builder builder = new Labels.Builder();
    snapshot().forEach(builder::set);
    return builder.build();
  }

  /** The labels that are not empty, errors left out. */
  public Labels toLabels() {
    load();
    Labels.Builder builder = new Labels.Builder();
    for (int i = 0; i < size; i++) {
      builder.set(names[i], values[i]);
    }
    return builder.build();
  }

  /** Those of the named labels that are not empty. The names are sorted. */
  public Labels toLabels(List<String> sortedNames) {
    List<String> pairs = new ArrayList<>(sortedNames.size() * 2);
    for (String name : sortedNames) {
      String value = valueOrEmpty(name);
      if (!value.isEmpty()) {
        pairs.add(name);
        pairs.add(value);
      }
    }
    return pairs.isEmpty() ? Labels.EMPTY : Labels.ofSorted(pairs.toArray(String[]::new));
  }

  /** All labels of one kind, sorted by name, empty values included; errors count as parsed. */
  public SortedMap<String, String> ofKind(Kind kind) {
    load();
    SortedMap<String, String> map = new TreeMap<>();
    for (int i = 0; i < size; i++) {
      if (kinds[i] == kind) {
        map.put(names[i], values[i]);
      }
    }
    if (kind == Kind.PARSED && error != null) {
      map.put(ERROR, error);
    }
    if (kind == Kind.PARSED && errorDetails != null) {
      map.put(ERROR_DETAILS, errorDetails);
    }
    return map;
  }
}
