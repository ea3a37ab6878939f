package io.trilith.logstore.chunk;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.model.Labels;

/**
 * Structured metadata as bytes: {@code count:varint (name:string value:string)*}, names in order.
 */
public final class MetadataCodec {
  private MetadataCodec() {}

  public static void put(Labels metadata, ByteWriter out) {
    out.putVarint(metadata.size());
    for (int i = 0; i < metadata.size(); i++) {
      out.putString(metadata.name(i));
      out.putString(metadata.value(i));
    }
  }

  public static Labels get(ByteReader in) {
    String[] pairs = new String[2 * in.getCount(2)];
    for (int i = 0; i < pairs.length; i++) {
      pairs[i] = in.getString();
      if (i > 1 && i % 2 == 0 && pairs[i - 2].compareTo(pairs[i]) >= 0) {
        throw in.corrupt("metadata is not in order");
      }
    }
    return Labels.ofSorted(pairs);
  }
}
