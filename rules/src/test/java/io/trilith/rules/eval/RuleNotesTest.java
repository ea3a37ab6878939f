package io.trilith.rules.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.rules.GroupKey;
import io.trilith.rules.Silence;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.testing.Golden;
import io.trilith.testing.Seeds;
import io.trilith.tsdb.store.MetricAppender;
import io.trilith.tsdb.store.NotedAppender;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RuleNotesTest {
  private static final TenantId TENANT = new TenantId("a");
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-11-21T12:00:00Z"));
  private static final NotedAppender NOWHERE =
      (_, _, _) -> new MetricAppender.AppendResult(0, 0, 0);

  private static GroupKey key(GroupKey.Source source, String group) {
    return new GroupKey(TENANT, source, "dir/größe.yml", group);
  }

  private static Alert alert(String value, Alert.State state) {
    boolean fired = state != Alert.State.PENDING;
    return new Alert(
        Labels.of("alertname", "A", "i", value),
        Map.of("summary", "at " + value),
        1.5,
        state,
        1_000,
        fired ? 3_000 : Alert.NEVER,
        Alert.NEVER,
        state == Alert.State.INACTIVE ? 9_000 : Alert.NEVER);
  }

  private static List<RuleNotes.Note> notes() {
    List<GroupState.Change> changes =
        List.of(
            new GroupState.Change(alert("1", Alert.State.PENDING), false),
            new GroupState.Change(alert("2", Alert.State.FIRING), false),
            new GroupState.Change(alert("3", Alert.State.INACTIVE), false),
            new GroupState.Change(
                Alert.pending(Labels.of("alertname", "A", "i", "4"), Map.of(), 0, Alert.NEVER),
                true));
    return List.of(
        new RuleNotes.Note.Tick(
            key(GroupKey.Source.FILE, "g"),
            1_700_000_000_123L,
            false,
            Map.of("alert A{}", changes)),
        new RuleNotes.Note.Tick(key(GroupKey.Source.FILE, "g"), -5, true, Map.of()),
        new RuleNotes.Note.Set(key(GroupKey.Source.PROMETHEUS, "h"), 7, "name: h\nrules: []\n"),
        new RuleNotes.Note.Deleted(key(GroupKey.Source.LOKI, "i"), 8));
  }

  private static final Silence SILENCE =
      new Silence(
          "id-1",
          List.of(Matcher.equal("alertname", "A"), Matcher.of("pod", Matcher.Op.NOT_MATCH, "a.*")),
          1_700_000_000_000L,
          1_700_003_600_000L,
          1_700_000_000_123L,
          "größe",
          "it is known");

  private static final RuleNotes.Note SILENCED = new RuleNotes.Note.Silenced(TENANT, 9, SILENCE);

  private static RuleNotes.Note decode(byte[] bytes) {
    return RuleNotes.decode(TENANT, ByteBuffer.wrap(bytes), "test");
  }

  @Test
  void whatIsWrittenIsReadBack() {
    for (RuleNotes.Note note : notes()) {
      assertThat(decode(RuleNotes.encode(note))).isEqualTo(note);
    }
  }

  @Test
  void notesOfVersion1AreReadForEver() {
    ByteWriter all = new ByteWriter();
    for (RuleNotes.Note note : notes()) {
      byte[] bytes = RuleNotes.encode(note);
      all.putVarint(bytes.length);
      all.putBytes(bytes);
    }
    ByteReader in =
        new ByteReader(
            ByteBuffer.wrap(Golden.bytes("rules", "rule-notes-1.bin", all.toArray())), "golden", 0);
    List<RuleNotes.Note> read = new ArrayList<>();
    while (in.hasRemaining()) {
      read.add(RuleNotes.decode(TENANT, in.slice(in.getCount()), "golden"));
    }
    assertThat(read).isEqualTo(notes());
  }

  @Test
  void silencesOfVersion2AreReadForEver() {
    byte[] bytes = RuleNotes.encode(SILENCED);
    ByteWriter all = new ByteWriter();
    all.putVarint(bytes.length);
    all.putBytes(bytes);
    byte[] golden = Golden.bytes("rules", "rule-notes-2.bin", all.toArray());
    ByteReader in = new ByteReader(ByteBuffer.wrap(golden), "golden", 0);
    assertThat(RuleNotes.decode(TENANT, in.slice(in.getCount()), "golden")).isEqualTo(SILENCED);
    assertThat(all.toArray()).isEqualTo(golden);
  }

  private static List<RuleNotes.Note> all() {
    List<RuleNotes.Note> all = new ArrayList<>(notes());
    all.add(SILENCED);
    return all;
  }

  @Test
  void silencesOutliveTheProcessAndGoWhenTheyAreOverForLong() {
    MemoryObjectStore objects = new MemoryObjectStore();
    RuleStates states = states(objects);
    long now = CLOCK.millis();
    Silence active =
        new Silence("a", List.of(Matcher.equal("team", "x")), now - 5, now + 5, now, "me", "");
    states.silence(NOWHERE, TENANT, active);
    states.silence(NOWHERE, TENANT, SILENCE);
    assertThat(states.isSilenced(TENANT, Labels.of("team", "x"))).isTrue();
    assertThat(states.isSilenced(TENANT, Labels.of("team", "y"))).isFalse();
    assertThat(states.isSilenced(new TenantId("b"), Labels.of("team", "x"))).isFalse();
    states.write();
    RuleStates later = new RuleStates(objects, CLOCK);
    assertThat(later.silences(TENANT)).containsExactly(active);
    later.writesTo(() -> 42);
    later.silence(NOWHERE, TENANT, active.ended(now));
    assertThat(later.isSilenced(TENANT, Labels.of("team", "x"))).isFalse();
    assertThat(later.silences(TENANT)).extracting(Silence::endsAt).containsExactly(now);
  }

  @Test
  void aCutNoteIsDamaged() {
    for (RuleNotes.Note note : all()) {
      byte[] bytes = RuleNotes.encode(note);
      for (int length = 0; length < bytes.length; length++) {
        byte[] cut = Arrays.copyOf(bytes, length);
        assertThatThrownBy(() -> decode(cut))
            .as("%s bytes of %s", length, note)
            .isInstanceOf(StorageException.Corrupt.class);
      }
    }
  }

  @Test
  void flippedBitsAreDamageOrAnotherNote() {
    SplittableRandom random = Seeds.random("RuleNotesTest");
    for (RuleNotes.Note note : all()) {
      byte[] bytes = RuleNotes.encode(note);
      for (int i = 0; i < Seeds.iterations(2_000); i++) {
        byte[] flipped = bytes.clone();
        flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
        try {
          assertThat(decode(flipped)).isNotNull();
        } catch (StorageException.Corrupt e) {
          assertThat(e).hasMessageContaining("test");
        }
      }
    }
  }

  private static RuleStates states(MemoryObjectStore objects) {
    RuleStates states = new RuleStates(objects, CLOCK);
    states.writesTo(() -> 42);
    return states;
  }

  private static void fill(RuleStates states) {
    states
        .state(key(GroupKey.Source.FILE, "g"))
        .happened(
            5_000,
            Map.of(
                "alert A{}",
                Map.of(alert("2", Alert.State.FIRING).labels(), alert("2", Alert.State.FIRING))));
    states.set(NOWHERE, key(GroupKey.Source.PROMETHEUS, "h"), "name: h\n");
    states.set(NOWHERE, key(GroupKey.Source.PROMETHEUS, "gone"), "name: gone\n");
    states.set(NOWHERE, key(GroupKey.Source.PROMETHEUS, "gone"), null);
  }

  private static void check(RuleStates states) {
    assertThat(states.stored())
        .isEqualTo(Map.of(key(GroupKey.Source.PROMETHEUS, "h"), "name: h\n"));
    GroupState state = states.state(key(GroupKey.Source.FILE, "g"));
    assertThat(state.tick()).isEqualTo(5_000);
    assertThat(state.alerts("alert A{}").values()).containsExactly(alert("2", Alert.State.FIRING));
  }

  @Test
  void theStateIsReadBackFromItsNewestObject() {
    MemoryObjectStore objects = new MemoryObjectStore();
    RuleStates states = states(objects);
    fill(states);
    assertThat(states.keptFrom()).isEqualTo(42);
    states.write();
    assertThat(states.keptFrom()).isEqualTo(Long.MAX_VALUE);
    check(new RuleStates(objects, CLOCK));
  }

  @Test
  void objectsOfVersion1AreReadForEver() {
    MemoryObjectStore written = new MemoryObjectStore();
    RuleStates states = states(written);
    fill(states);
    states.write();
    ByteBuffer current = written.read(written.list(RuleStates.PREFIX).getFirst().name());
    byte[] bytes = new byte[current.remaining()];
    current.get(bytes);
    MemoryObjectStore objects = new MemoryObjectStore();
    assertThat(
            objects.createIfAbsent(
                RuleStates.PREFIX + "00000000000000000001",
                ByteBuffer.wrap(Golden.bytes("rules", "rule-state-1.bin", bytes))))
        .isTrue();
    check(new RuleStates(objects, CLOCK));
  }

  @Test
  void aDamagedObjectIsPassedOverForTheOneBefore() {
    SplittableRandom random = Seeds.random("RuleNotesTest.objects");
    MemoryObjectStore written = new MemoryObjectStore();
    RuleStates states = states(written);
    fill(states);
    states.write();
    ByteBuffer good = written.read(written.list(RuleStates.PREFIX).getFirst().name());
    for (int i = 0; i < Seeds.iterations(500); i++) {
      byte[] bytes = new byte[good.remaining()];
      good.duplicate().get(bytes);
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      int length = random.nextBoolean() ? bytes.length : random.nextInt(bytes.length);
      MemoryObjectStore objects = new MemoryObjectStore();
      boolean first =
          objects.createIfAbsent(RuleStates.PREFIX + "00000000000000000001", good.duplicate());
      boolean second =
          objects.createIfAbsent(
              RuleStates.PREFIX + "00000000000000000002", ByteBuffer.wrap(bytes, 0, length));
      assertThat(first && second).isTrue();
      check(new RuleStates(objects, CLOCK));
    }
  }

  @Test
  void onlyTheNewestObjectsStayAndACopyHasOne() {
    MemoryObjectStore objects = new MemoryObjectStore();
    RuleStates states = states(objects);
    for (int i = 0; i < 6; i++) {
      fill(states);
      states.write();
    }
    assertThat(objects.list(RuleStates.PREFIX)).hasSize(3);
    MemoryObjectStore copy = new MemoryObjectStore();
    RuleStates.copy(objects, copy);
    assertThat(copy.list(RuleStates.PREFIX)).hasSize(1);
    check(new RuleStates(copy, CLOCK));
  }
}
