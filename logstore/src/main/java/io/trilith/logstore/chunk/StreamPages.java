package io.trilith.logstore.chunk;

import io.trilith.storage.model.Labels;
import java.util.List;

/** A stream of one source: its pages in order of time. */
public record StreamPages(Labels labels, List<? extends PageRef> pages) {}
