package io.trilith.config;

/** How large the heap is and who may hold how much of it. */
public record MemoryConfig(
    @Key(
            doc =
                "The heap, the one key for all: bin/trilith gives it to Java at the start. 0 is a"
                    + " quarter of the memory that the machine or container has, at least 256MiB.",
            value = "0")
        ByteSize max,
    @Key(
            doc =
                "Bodies of requests and what is made of them until it is stored; beyond it: 429, or"
                    + " 413 when a request could never fit. A part of the heap, or a size.",
            value = "20%")
        Portion requests,
    @Key(
            doc = "Heads, the newest data until it is flushed; beyond it writes get 429.",
            value = "25%")
        Portion heads,
    @Key(
            doc =
                "Queries, from what they read to the text of their answers; beyond it: 503, or 422"
                    + " when one could never fit.",
            value = "20%")
        Portion queries,
    @Key(doc = "Indexes of blocks that queries read again and again.", value = "7%") Portion caches,
    @Key(doc = "Flushes and merges while they run.", value = "12%") Portion background) {}
