package io.trilith.engine.template;

import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A value with named members, of which no others can be asked for. Not to be changed any more.
 *
 * @param type its name in messages
 * @param members in the order in which they are printed
 */
public record Struct(String type, LinkedHashMap<String, @Nullable Object> members) {}
