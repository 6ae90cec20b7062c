# Shared by the scripts beside it: finds Swift, libssl and a place to build, and builds only if something changed.
# It is sourced, never run; everything it says goes to standard error, so that a command's own output stays clean.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# The program finds workloads and puts results here, wherever it was built.
export QUORATE_CHECKOUT=$root

# EX_UNAVAILABLE: something that the machine has to bring is not there.
readonly unavailable=69

say() { printf '%s\n' "$*" >&2; }

stop() {
    local code=$1
    shift
    say "$*"
    exit "$code"
}

# Runs a command that lasts, and ends it with all that it has started when a signal ends this script. The shell would see the signal
# only after the command's end, so the command runs in the background, in a process group of its own that can be told to end.
lasting() {
    local code=0
    child=
    trap 'end_child 129' HUP
    trap 'end_child 130' INT
    trap 'end_child 143' TERM
    set -m
    "$@" </dev/null &
    child=$!
    set +m
    wait "$child" || code=$?
    trap - HUP INT TERM
    return "$code"
}

# First as Ctrl-C does: swift build puts compilers into groups of their own, and only at that signal takes them with it.
end_child() {
    local code=$1 signal attempt
    trap '' HUP INT TERM
    [ -n "$child" ] || exit "$code"
    for signal in INT TERM KILL; do
        kill -s "$signal" -- "-$child" 2>/dev/null || exit "$code"
        for attempt in {1..30}; do
            kill -0 -- "-$child" 2>/dev/null || exit "$code"
            sleep 0.1
        done
    done
    exit "$code"
}

require_linux() {
    [ "$(uname -s)" = Linux ] && return
    stop $unavailable "Quorate runs on Linux; on this machine type:" \
        "docker run --rm -it -v \"$root\":/quorate -w /quorate swift:6.3-bookworm scripts/bench"
}

# Prints the version of a Swift compiler as "MAJOR MINOR", or nothing: other programs are called swift, too.
swift_version() {
    "$1" --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9]*\)\.\([0-9][0-9]*\).*/\1 \2/p' | head -n 1
}

# Sets `swift`. Looked for: $SWIFT, the PATH, swiftly's directories, and where packages and archives are usually unpacked.
find_swift() {
    local candidate major minor older=
    local home=${HOME:-/nonexistent}
    for candidate in "${SWIFT:-}" "$(command -v swift || true)" \
        "${SWIFTLY_BIN_DIR:-/nonexistent}/swift" "$home/.local/share/swiftly/bin/swift" "$home/.swiftly/bin/swift" \
        /usr/bin/swift /usr/local/bin/swift /opt/*/usr/bin/swift /opt/*/bin/swift /usr/local/*/usr/bin/swift \
        /usr/share/swift*/usr/bin/swift /usr/libexec/swift*/bin/swift "$home"/swift*/usr/bin/swift; do
        [ -n "$candidate" ] && [ -x "$candidate" ] || continue
        read -r major minor < <(swift_version "$candidate") || continue
        if [ "$major" -gt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -ge 3 ]; }; then
            swift=$candidate
            # The compiler finds clang and the linker beside itself, but plug-ins look at the PATH.
            PATH=$(dirname "$swift"):$PATH
            return
        fi
        older="$major.$minor in $candidate"
    done
    local found="no Swift was found"
    [ -n "$older" ] && found="only Swift $older was found"
    stop $unavailable "Quorate needs Swift 6.3, and $found; install it and name it with SWIFT=/path/to/swift, or type:" \
        "curl -fsSLO https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz &&" \
        "tar zxf swiftly-$(uname -m).tar.gz && ./swiftly init -y --skip-install --quiet-shell-followup &&" \
        ". ~/.local/share/swiftly/env.sh && swiftly install -y --use 6.3"
}

has_libssl() {
    local header
    for header in /usr/include/openssl/ssl.h /usr/include/*/openssl/ssl.h /usr/local/include/openssl/ssl.h; do
        [ -e "$header" ] && return 0
    done
    command -v pkg-config >/dev/null && pkg-config --exists openssl
}

# Prints a command as this user can type it, who may be root, have sudo, or neither.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        printf '%s' "$1"
    elif command -v sudo >/dev/null; then
        # Every part of a chain needs the right.
        printf 'sudo %s' "$(printf '%s' "$1" | sed 's/&& /\&\& sudo /g')"
    else
        printf "su -c '%s'" "$1"
    fi
}

require_libssl() {
    has_libssl || stop $unavailable "The headers of libssl are missing; type: $(as_root "apt-get install -y libssl-dev")"
}

# Installs libssl's headers if they are missing and this user may; otherwise says the one line to type.
install_libssl() {
    has_libssl && return
    local rights=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null && sudo -n true 2>/dev/null || require_libssl
        rights=(sudo -n)
    fi
    command -v apt-get >/dev/null || stop $unavailable "The headers of libssl are missing, and there is no apt-get;" \
        "install them with this system's own package tool, for example: dnf install openssl-devel"
    say "Installing libssl-dev ..."
    local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq libssl-dev)
    ${rights[@]+"${rights[@]}"} "${install[@]}" >/dev/null 2>&1 ||
        { ${rights[@]+"${rights[@]}"} apt-get update -qq >&2 && ${rights[@]+"${rights[@]}"} "${install[@]}" >&2; } ||
        stop $unavailable "libssl-dev could not be installed; type:" \
            "$(as_root "apt-get update && apt-get install -y libssl-dev")"
}

# Where caches of this checkout go when nothing can be written beside the sources.
cache_directory() {
    local base=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
    if [ -z "$base" ] || ! mkdir -p "$base/quorate" 2>/dev/null || [ ! -w "$base/quorate" ]; then
        base=${TMPDIR:-/tmp}/quorate-$(id -u)
        # Everybody may write there: what somebody else has put into our place is not built and run.
        mkdir -m 700 "$base" 2>/dev/null || true
        [ -d "$base" ] && [ ! -L "$base" ] && [ -O "$base" ] ||
            stop $unavailable "$base is not a directory of this user; remove it, or name a place: XDG_CACHE_HOME=DIRECTORY $0"
    fi
    # One place per checkout; cksum is in every base system.
    printf '%s/quorate/%s' "$base" "$(printf '%s' "$root" | cksum | cut -d' ' -f1)"
}

can_write_here() {
    [ -w "$root" ] || return 1
    local path
    for path in .build .build-venv Package.resolved; do
        [ ! -e "$root/$path" ] || [ -w "$root/$path" ] || return 1
    done
}

# Sets `package` (what is built) and `scratch` (where). A checkout that can't be written to is copied to the cache first, as the
# package manager insists on writing beside the manifest.
choose_places() {
    if can_write_here; then
        package=$root
    else
        package=$(cache_directory)
        package=$package/source
    fi
    scratch=$package/.build
    binary=$scratch/release/quorate
    built=$scratch/quorate-built
}

# Brings the copy of a read-only checkout level; times are kept, so that nothing unchanged is built again.
copy_sources() {
    [ "$package" != "$root" ] || return 0
    mkdir -p "$package"
    find "$package" -mindepth 1 -maxdepth 1 ! -name '.build*' ! -name Package.resolved -exec rm -rf {} +
    (cd "$root" && tar --exclude='./.build*' --exclude=./.git --exclude='./results/2*' --exclude='./results/quorate-*' --exclude=./Package.resolved -cf - .) |
        tar -C "$package" --no-same-permissions -xf -
    chmod -R u+rwX "$package"
}

# A checksum over names, sizes and times of all that is built: a look at no content, so it costs milliseconds. Times alone would
# not do, as a newer release that is unpacked over this one may bring older files.
sources_sum() {
    find "$root/Package.swift" "$root/Sources" -type f -printf '%P %s %T@\n' | LC_ALL=C sort | cksum
}

# True when the sources are those of the last build that succeeded.
is_built() {
    [ -x "$binary" ] && [ -e "$built" ] && [ "$(cat "$built")" = "$(sources_sum)" ]
}

build_quorate() {
    choose_places
    is_built && return
    require_linux
    require_libssl
    find_swift
    copy_sources
    mkdir -p "$scratch"
    say "Building quorate (release); the first time takes some minutes ..."
    # As it was at the start: what is edited during the build will be built the next time.
    sources_sum >"$built.begun"
    lasting "$swift" build -c release --package-path "$package" --scratch-path "$scratch" >&2 ||
        stop 1 "The build failed; the lines above say why."
    mv "$built.begun" "$built"
}
