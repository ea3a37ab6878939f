package io.trilith.compactor;

import io.trilith.storage.merge.BlockMerge;
import io.trilith.storage.merge.StoreBlocks;
import io.trilith.storage.model.Signal;

/** What is to be had of one signal's store. */
public record SignalBlocks(Signal signal, StoreBlocks blocks, BlockMerge merge) {}
