package io.trilith.storage.model;

import io.trilith.storage.error.InvalidRequestException;

/**
 * One of the sequences of records that a log consists of: offsets can be compared within it only.
 *
 * @param topic what it is a part of, of the characters {@code a-zA-Z0-9._-}
 * @param number from 0
 */
public record Partition(String topic, int number) implements Comparable<Partition> {
  /** The log of a process that has one of its own: all of it. */
  public static final Partition LOCAL = new Partition("local", 0);

  private static final int TOPIC_MAX = 249;

  public Partition {
    if (topic.isEmpty() || topic.length() > TOPIC_MAX || !topic.chars().allMatch(Partition::fits)) {
      throw new InvalidRequestException(
          "'" + topic + "' names no topic: 1 to " + TOPIC_MAX + " characters of a-zA-Z0-9._-");
    }
    if (number < 0) {
      throw new InvalidRequestException(
          "partition " + number + " of topic '" + topic + "': partitions are numbered from 0");
    }
  }

  private static boolean fits(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '.'
        || c == '_'
        || c == '-';
  }

  @Override
  public int compareTo(Partition other) {
    int byTopic = topic.compareTo(other.topic);
    return byTopic != 0 ? byTopic : Integer.compare(number, other.number);
  }

  /** As people write it: {@code local/0}. */
  @Override
  public String toString() {
    return topic + "/" + number;
  }
}
