package io.trilith.config;

/**
 * The configuration cannot be used. The message names file and line or flag, key, value and the way
 * out.
 */
public final class ConfigException extends RuntimeException {
  public ConfigException(String message) {
    super(message);
  }

  public ConfigException(String message, Throwable cause) {
    super(message, cause);
  }
}
