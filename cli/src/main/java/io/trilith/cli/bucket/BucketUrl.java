package io.trilith.cli.bucket;

import io.trilith.config.S3Config;
import io.trilith.storage.object.DirectoryObjectStore;
import io.trilith.storage.object.ObjectStore;
import java.net.URI;
import java.nio.file.Path;

/**
 * Another bucket, by its URL: {@code s3://bucket/prefix}, reached as {@code storage.s3} says, or
 * {@code file:///path} or a path, whose directory holds the objects themselves, as {@code objects/}
 * in a data directory does.
 */
record BucketUrl(String url, ObjectStore objects) {
  static BucketUrl open(String url, S3Config s3) {
    if (url.isBlank()) {
      throw new IllegalArgumentException(
          "an empty URL; give s3://bucket/prefix, file:///path or a path");
    }
    if (url.startsWith("s3://")) {
      int slash = url.indexOf('/', "s3://".length());
      String bucket = url.substring("s3://".length(), slash < 0 ? url.length() : slash);
      String prefix = slash < 0 ? "" : url.substring(slash + 1);
      return new BucketUrl(url, Bucket.s3(s3.at(bucket, prefix)));
    }
    int scheme = url.indexOf("://");
    if (scheme >= 0 && !url.startsWith("file://")) {
      throw new IllegalArgumentException(
          "'"
              + url
              + "': "
              + url.substring(0, scheme)
              + " is not known; give s3://bucket/prefix, file:///path or a path");
    }
    Path path = (scheme >= 0 ? Path.of(URI.create(url)) : Path.of(url)).toAbsolutePath();
    Path parent = path.getParent();
    if (path.endsWith("objects") && parent != null && DirectoryOwner.isOwned(parent)) {
      throw new VerbException(
          "a running server owns '" + parent + "'; stop it, or name another directory");
    }
    return new BucketUrl(url, DirectoryObjectStore.shared(path));
  }
}
