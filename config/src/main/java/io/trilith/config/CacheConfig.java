package io.trilith.config;

/** Memory that holds what queries read again and again. */
public record CacheConfig(
    @Key(doc = "Indexes of open blocks, per signal.", value = "48MiB") ByteSize indexSize) {}
