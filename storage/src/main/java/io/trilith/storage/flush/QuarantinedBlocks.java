package io.trilith.storage.flush;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.model.BlockId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Blocks that queries leave out because their objects are damaged or lost. One is tried again after
 * a while: its object may have been repaired, or what was damaged was a copy. Thread-safe.
 */
public final class QuarantinedBlocks {
  /** Long enough that few queries run twice for it, short enough for who repaired an object. */
  public static final Duration FOR = Duration.ofMinutes(10);

  private static final Logger log = LoggerFactory.getLogger(QuarantinedBlocks.class);

  private final InstantSource clock;
  private final Map<BlockId, Aside> blocks = new ConcurrentHashMap<>();

  public QuarantinedBlocks(InstantSource clock) {
    this.clock = clock;
  }

  /** What is wrong with an object. */
  public enum Fault {
    DAMAGED("damaged"),
    LOST("lost");

    private final String text;

    Fault(String text) {
      this.text = text;
    }

    /** As users read it, after "is". */
    public String text() {
      return text;
    }
  }

  /**
   * A block set aside.
   *
   * @param untilMillis when it is tried again
   */
  record Aside(BlockEntry block, Fault fault, long untilMillis) {}

  /**
   * Has queries leave a live block out from now on.
   *
   * @param reason for the log
   * @return whether they did not before
   */
  public boolean add(BlockEntry block, Fault fault, String reason) {
    long now = clock.millis();
    Aside aside = new Aside(block, fault, now + FOR.toMillis());
    blocks.computeIfPresent(block.id(), (_, known) -> known.untilMillis > now ? known : null);
    if (blocks.putIfAbsent(block.id(), aside) != null) {
      return false;
    }
    log.error(
        "queries leave a {} block out for {} minutes: block={} tenant={} signal={} reason={};"
            + " trilith blocks verify {} says more",
        fault.text(),
        FOR.toMinutes(),
        block.id(),
        block.tenant(),
        block.signal(),
        reason,
        block.id());
    return true;
  }

  /** Forgets blocks that are not live any more. */
  public void forget(Collection<BlockEntry> gone) {
    gone.forEach(block -> blocks.remove(block.id()));
  }

  /** How many there are now. */
  public int size() {
    long now = clock.millis();
    blocks.values().removeIf(aside -> aside.untilMillis <= now);
    return blocks.size();
  }

  /** What is left of a view, and what of it is left out. */
  public record Split<H>(Generations.View<H> view, LeftOut leftOut) {}

  /** All of a view. */
  public static <H> Split<H> whole(Generations.View<H> view) {
    return new Split<>(view, LeftOut.NOTHING);
  }

  /** A view without the blocks set aside. */
  public <H> Split<H> split(Generations.View<H> view) {
    if (blocks.isEmpty()) {
      return whole(view);
    }
    long now = clock.millis();
    List<BlockEntry> kept = new ArrayList<>();
    List<Aside> out = new ArrayList<>();
    for (BlockEntry block : view.blocks()) {
      Aside aside = blocks.get(block.id());
      if (aside == null || aside.untilMillis <= now) {
        kept.add(block);
      } else {
        out.add(aside);
      }
    }
    return out.isEmpty()
        ? whole(view)
        : new Split<>(new Generations.View<>(List.copyOf(kept), view.heads()), new LeftOut(out));
  }
}
