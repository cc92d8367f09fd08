# Sourced by the scripts: builds the server when a source is newer than the last build, and what lets it start fast.

# The program that require_server_build leaves.
SERVER_JAR=server/target/quarkus-app/quarkus-run.jar

# Made before a build and put in place after it, so that what changes meanwhile counts as newer.
BUILD_STAMP=server/target/built

# What a JVM has learned of a start, for the next ones (docs/adr/0013-a-cache-for-starts.md). Empty if none could be made.
START_CACHE=server/target/start.aot

# How java runs the server. The cache fits only the garbage collectors and object headers that it was made with.
#
# Parallel: the server keeps little alive on the heap (caches of bounded size), so throughput on few
# cores counts more than the length of a rare full collection.
# 768 MiB are enough for the caches, the upload buffer and hundreds of requests at their limits; the rest of the memory is
# better as page cache, which files are sent from. HATOBA_JAVA_OPTIONS=-Xmx2g raises it.
SERVER_OPTIONS=(
  -XX:+UseParallelGC
  -Xms64m
  -Xmx768m
  -XX:+UseCompactObjectHeaders
  -XX:+ExitOnOutOfMemoryError
  --enable-native-access=ALL-UNNAMED
)

server_is_stale() {
  [ -f "$SERVER_JAR" ] && [ -f "$BUILD_STAMP" ] || return 0
  # Folders count too: their time changes when a file goes.
  [ -n "$(find pom.xml .mvn oci/pom.xml oci/src/main server/pom.xml server/src/main docs/reference/openapi.json \
    -newer "$BUILD_STAMP" -print -quit)" ]
}

start_cache_is_stale() {
  [ ! "$START_CACHE" -nt "$SERVER_JAR" ]
}

# Run from the root of the checkout. Says on standard error that it builds, since that takes a while.
require_server_build() {
  if ! server_is_stale && ! start_cache_is_stale; then
    return 0
  fi
  mkdir -p server/target
  if command -v flock >/dev/null 2>&1; then
    # Several servers may be started at once; one of them builds.
    exec 9>server/target/build.lock
    flock 9
  fi
  if server_is_stale; then
    require_maven
    echo "Building Hatoba, which takes about a minute the first time …" >&2
    touch "$BUILD_STAMP.new"
    mvn -q -B -Dstyle.color=never "-Dhatoba.commit=$(git rev-parse HEAD 2>/dev/null || true)" -Dmaven.test.skip=true -Dfuzz.skip=true -Dspotless.check.skip=true -pl server -am package >&2
    mv "$BUILD_STAMP.new" "$BUILD_STAMP"
  fi
  if start_cache_is_stale; then
    make_start_cache 9>&-
  fi
  exec 9>&-
}

# Starts the server once on an empty folder, asks it a little and stops it. Without a cache all works too, only slower.
make_start_cache() {
  local folder
  folder=$(mktemp -d)
  rm -f "$START_CACHE".new*
  : >"$folder/log"
  (
    # Nothing of the caller's settings: they may name a database.
    env -i HATOBA_HOST=127.0.0.1 HATOBA_PORT=0 HATOBA_DATA="$folder/data" HATOBA_BOOTSTRAP_REGISTRY=training \
      HATOBA_BOOTSTRAP_ACCESS_KEY=training:"$TRAINING_SECRET" HATOBA_ADMIN_PASSWORD="$TRAINING_SECRET" \
      "$JAVA_HOME/bin/java" "${SERVER_OPTIONS[@]}" -Xlog:aot=off -XX:AOTCacheOutput="$START_CACHE.new" \
      -jar "$PWD/$SERVER_JAR" >"$folder/log" 2>&1 &
    server=$!
    trap 'kill -KILL "$server" 2>/dev/null || true' EXIT
    for ((i = 0; i < 600; i++)); do
      port=$(sed -n 's/^Hatoba is ready at .*:\([0-9]*\)$/\1/p' "$folder/log")
      if [ -n "$port" ] || ! kill -0 "$server" 2>/dev/null; then
        break
      fi
      sleep 0.1
    done
    if [ -n "$port" ]; then
      ask_for_training "$port"
    fi
    kill -TERM "$server" 2>/dev/null || true
    wait "$server"
  ) || true
  rm -rf "$folder"
  if [ -s "$START_CACHE.new" ]; then
    mv "$START_CACHE.new" "$START_CACHE"
  else
    rm -f "$START_CACHE".new*
    : >"$START_CACHE"
  fi
}

# Of a folder that is gone in a moment, on an address that only this machine sees.
TRAINING_SECRET=only-for-the-training-0123456789abcdefABCDEF

# What a first client asks for.
ask_for_training() {
  local path authorization
  authorization=$(printf 'training:%s' "$TRAINING_SECRET" | base64 | tr -d '\n')
  for path in "/v2/" "/token?scope=repository:training/app:pull,push" \
    "/v2/training/app/manifests/1" "/api/v1/session" "/api/v1/registries"; do
    exec 8<>"/dev/tcp/127.0.0.1/$1"
    printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nAuthorization: Basic %s\r\nConnection: close\r\n\r\n' \
      "$path" "$1" "$authorization" >&8
    cat <&8 >/dev/null
    exec 8>&-
  done
}
