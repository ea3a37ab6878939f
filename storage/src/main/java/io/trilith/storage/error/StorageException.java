package io.trilith.storage.error;

/** What can go wrong below the stores. Checked I/O errors end here. */
public abstract sealed class StorageException extends RuntimeException {
  private StorageException(String message, Throwable cause) {
    super(message, cause);
  }

  private StorageException(String message) {
    super(message);
  }

  /**
   * Stored bytes are not what was written: names the file, the offset in it and the reason. Never
   * served.
   */
  public static final class Corrupt extends StorageException {
    private final String file;

    public Corrupt(String file, long offset, String reason) {
      super(file + " is corrupt at byte " + offset + ": " + reason);
      this.file = file;
    }

    /** The object or file. */
    public String file() {
      return file;
    }
  }

  /** The named object does not exist. */
  public static final class Missing extends StorageException {
    private final String name;

    public Missing(String name) {
      super(name + " does not exist");
      this.name = name;
    }

    public String name() {
      return name;
    }
  }

  /** Somebody else created the named object first. */
  public static final class Conflict extends StorageException {
    public Conflict(String name) {
      super(name + " exists already");
    }
  }

  /** Another server owns the bucket now: this one may not write to it. The message names it. */
  public static final class TakenOver extends StorageException {
    public TakenOver(String message) {
      super(message);
    }
  }

  /** The disk or the bucket cannot be reached or refuses; the outcome of a write is unknown. */
  public static final class Unavailable extends StorageException {
    public Unavailable(String what, Throwable cause) {
      super(what + ": " + cause.getMessage(), cause);
    }
  }
}
