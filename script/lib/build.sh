# Sourced by the scripts: builds the server when a source is newer than the last build.

# The program that require_server_build leaves.
SERVER_JAR=server/target/quarkus-app/quarkus-run.jar

# Made before a build and put in place after it, so that what changes meanwhile counts as newer.
BUILD_STAMP=server/target/built

server_is_stale() {
  [ -f "$SERVER_JAR" ] && [ -f "$BUILD_STAMP" ] || return 0
  # Folders count too: their time changes when a file goes.
  [ -n "$(find pom.xml .mvn oci/pom.xml oci/src/main server/pom.xml server/src/main -newer "$BUILD_STAMP" -print -quit)" ]
}

# Run from the root of the checkout. Says on standard error that it builds, since that takes a while.
require_server_build() {
  server_is_stale || return 0
  require_maven
  mkdir -p server/target
  if command -v flock >/dev/null 2>&1; then
    # Several servers may be started at once; one of them builds.
    exec 9>server/target/build.lock
    flock 9
    if ! server_is_stale; then
      exec 9>&-
      return 0
    fi
  fi
  echo "Building Hatoba, which takes about a minute the first time …" >&2
  touch "$BUILD_STAMP.new"
  mvn -q -B -Dstyle.color=never "-Dhatoba.commit=$(git rev-parse HEAD 2>/dev/null || true)" -Dmaven.test.skip=true -Dfuzz.skip=true -Dspotless.check.skip=true -pl server -am package >&2
  mv "$BUILD_STAMP.new" "$BUILD_STAMP"
  exec 9>&-
}
