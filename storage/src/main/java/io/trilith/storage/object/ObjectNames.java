package io.trilith.storage.object;

/** The rule for object names, shared by all stores. */
public final class ObjectNames {
  private ObjectNames() {}

  /**
   * Returns the name, or throws IllegalArgumentException: names are made by us, never by a client.
   */
  public static String check(String name) {
    boolean fine = !name.isEmpty() && !name.startsWith("/") && !name.endsWith("/");
    for (String part : name.split("/", -1)) {
      fine &= !part.isEmpty() && !part.equals(".") && !part.equals("..");
    }
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      fine &=
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || "-_.=/".indexOf(c) >= 0;
    }
    if (!fine) {
      throw new IllegalArgumentException("'" + name + "' is not an object name");
    }
    return name;
  }
}
