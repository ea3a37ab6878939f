package io.trilith.tracestore.block;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.Packed;
import java.nio.ByteBuffer;

/**
 * A decompressed page and a place in it.
 *
 * @param bytes all of it; positions of the reader are indexes
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Page(byte[] bytes, ByteReader reader) {
  static Page unpack(ByteReader packed, String name) {
    byte[] bytes = Packed.unpack(packed);
    return new Page(bytes, new ByteReader(ByteBuffer.wrap(bytes), name + " (decompressed)", 0));
  }
}
