/** Objects in a bucket. The only package that knows the AWS SDK. */
@NullMarked
package io.trilith.storage.object.s3;

import org.jspecify.annotations.NullMarked;
