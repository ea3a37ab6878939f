package io.trilith.server.replicas;

import io.trilith.storage.model.Partition;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** A log that all replicas read: what is in it stays, and has its offset for ever. */
final class SimulatedLog {
  private final Map<Partition, List<Entry>> partitions = new TreeMap<>();

  /** What stands at an offset. */
  sealed interface Entry {}

  /** A record of a signal. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Data(Signal signal, TenantId tenant, byte[] payload) implements Entry {}

  /** Heads end here: those of a signal and tenant, or of all where one is missing. */
  record Cut(Optional<Signal> signal, Optional<TenantId> tenant) implements Entry {}

  SimulatedLog(Set<Partition> all) {
    all.forEach(one -> partitions.put(one, new ArrayList<>()));
  }

  Set<Partition> partitions() {
    return partitions.keySet();
  }

  private List<Entry> of(Partition partition) {
    return Objects.requireNonNull(partitions.get(partition), partition::toString);
  }

  /** Returns the offset. */
  long append(Partition partition, Entry entry) {
    of(partition).add(entry);
    return of(partition).size() - 1L;
  }

  /** The offset that the next one gets. */
  long end(Partition partition) {
    return of(partition).size();
  }

  Entry at(Partition partition, long offset) {
    return of(partition).get(Math.toIntExact(offset));
  }
}
