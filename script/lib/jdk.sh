# Sourced by the scripts: finds JDK 25 and exports JAVA_HOME, or says what is missing and exits.
# Looks at JAVA_HOME first, then at the java on the PATH, then where packages put JDKs.

jdk_major() {
  [ -x "$1/bin/javac" ] || return 1
  "$1/bin/javac" -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p'
}

require_jdk() {
  local candidate on_path
  on_path=$(command -v javac 2>/dev/null || true)
  for candidate in \
    "${JAVA_HOME:-}" \
    "${on_path:+$(dirname "$(dirname "$(readlink -f "$on_path")")")}" \
    /usr/lib/jvm/*25* /opt/java/*25* /opt/jdk*25* \
    "$HOME"/.sdkman/candidates/java/25* "$HOME"/.jdks/*25* \
    /Library/Java/JavaVirtualMachines/*25*/Contents/Home; do
    if [ -n "$candidate" ] && [ "$(jdk_major "$candidate")" = 25 ]; then
      export JAVA_HOME=$candidate
      return 0
    fi
  done
  {
    echo "Hatoba needs JDK 25 and found none."
    echo "Looked at: JAVA_HOME (${JAVA_HOME:-not set}), javac on the PATH, /usr/lib/jvm, /opt, ~/.sdkman, ~/.jdks."
    echo "Install one (https://adoptium.net, or your package manager), or set JAVA_HOME to it."
  } >&2
  exit 1
}

require_maven() {
  if ! command -v mvn >/dev/null 2>&1; then
    echo "Hatoba needs Maven 3.8.7 or later, and there is no mvn on the PATH. Install it with your package manager." >&2
    exit 1
  fi
}
