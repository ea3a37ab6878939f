#!/bin/bash
# s3.sh DIR [SERVER_PORT PROXY_PORT RATE SEED]: an S3 server in DIR and a proxy before it that spoils RATE (0 to 1) of the exchanges, until killed.
# The first line printed are the settings for `trilith serve`. Needs a build (`mvn package`), whose testing-s3/target it uses.
#   bench/kits/s3.sh /tmp/s3 39401 39402 0.08 1 > /tmp/s3.log &
#   ../shared/chaos/crash.py --launch "exec DIST/bin/trilith serve --data-dir {dir} … $(head -1 /tmp/s3.log)" --signals metrics,logs,traces
cd "$(dirname "$0")/../.." || exit 1
exec "$(build/find-jdk)/bin/java" -Dtrilith.root="$PWD" -cp testing-s3/target/classes io.trilith.testing.s3.S3Server "$@"
