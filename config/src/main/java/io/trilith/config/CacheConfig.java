package io.trilith.config;

/** Memory and disk that hold what queries read again and again. */
public record CacheConfig(
    @Key(
            doc = "Indexes of open blocks, per signal. auto is a third of memory.caches.",
            value = "auto")
        ByteSize indexSize,
    @Key(
            doc =
                "Disk below data-dir for copies of what is in the bucket of kind 's3'; what was used longest ago goes first."
                    + " Blocks that are not uploaded yet come on top. 0 keeps none.",
            value = "10GiB")
        ByteSize diskSize) {
  /** Memory alone. */
  public CacheConfig(ByteSize indexSize) {
    this(indexSize, ByteSize.parse("0"));
  }
}
