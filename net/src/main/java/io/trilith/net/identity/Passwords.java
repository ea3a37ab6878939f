package io.trilith.net.identity;

import at.favre.lib.crypto.bcrypt.BCrypt;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Compares passwords with bcrypt hashes, which takes tens of milliseconds on purpose: two at once
 * on threads of their own, so that guesses hold up nobody else, and a password that was right is
 * remembered under a key that only this process knows. Thread-safe.
 */
final class Passwords implements AutoCloseable {
  /** bcrypt looks at no more: longer ones would be equal by how they begin. */
  static final int BYTES_MAX = 72;

  private static final int AT_ONCE = 2;
  private static final int WAITING_MAX = 16;
  private static final int REMEMBERED_MAX = 10_000;

  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          AT_ONCE,
          AT_ONCE,
          30,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(WAITING_MAX),
          Thread.ofPlatform().daemon().name("password-", 0).factory());
  private final SecretKeySpec key;

  /** What was right, oldest use first. Guarded by itself. */
  private final Map<String, Boolean> right = new LinkedHashMap<>(64, 0.75f, true);

  Passwords() {
    byte[] random = new byte[32];
    new SecureRandom().nextBytes(random);
    key = new SecretKeySpec(random, "HmacSHA256");
    threads.allowCoreThreadTimeOut(true);
  }

  /** Whether this password was right for this user and hash before. Takes microseconds. */
  boolean wasRight(String user, String password, String hash) {
    synchronized (right) {
      return right.containsKey(proof(user, password, hash));
    }
  }

  /**
   * Whether the password is the one of the hash. Blocks; throws AccessRefusedException when too
   * many wait.
   */
  boolean isRight(String user, String password, String hash) {
    byte[] bytes = password.getBytes(StandardCharsets.UTF_8);
    boolean possible = bytes.length <= BYTES_MAX && password.indexOf('\0') < 0;
    // What cannot be right takes as long as what is wrong.
    boolean same = compare(possible ? bytes : new byte[] {'x'}, hash) && possible;
    if (same) {
      synchronized (right) {
        right.put(proof(user, password, hash), true);
        if (right.size() > REMEMBERED_MAX) {
          right.remove(right.keySet().iterator().next());
        }
      }
    }
    return same;
  }

  /** Takes as long as comparing with a hash of a cost does. */
  void compareWithNothing(String password, int cost) {
    String tens = cost < 10 ? "0" + cost : Integer.toString(cost);
    boolean _ =
        isRight("", password, "$2b$" + tens + "$" + "abcdefghijklmnopqrstuu" + "a".repeat(31));
  }

  private boolean compare(byte[] password, String hash) {
    try {
      return threads
          .submit(
              () ->
                  BCrypt.verifyer()
                      .verify(password, hash.getBytes(StandardCharsets.US_ASCII))
                      .verified)
          .get();
    } catch (RejectedExecutionException e) {
      throw AccessRefusedException.tooMany("too many passwords are being checked; try again");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IllegalArgumentException) {
        // The library's own limit of a password's length.
        return false;
      }
      throw new IllegalStateException("a password cannot be checked", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw AccessRefusedException.tooMany("the server is stopping");
    }
  }

  private String proof(String user, String password, String hash) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      for (String part : new String[] {user, password, hash}) {
        byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
        mac.update(Integer.toString(bytes.length).getBytes(StandardCharsets.US_ASCII));
        mac.update((byte) ' ');
        mac.update(bytes);
      }
      return Base64.getEncoder().encodeToString(mac.doFinal());
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
