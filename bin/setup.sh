# Sourced by bin/surveyd and bin/test, which set $top: makes .venv beside the code hold what a lock says.
# It says and does nothing when that is so already.

venv=$top/.venv

environment() { # environment LOCK
    if cmp -s "$top/$1" "$venv/$1" && [ -x "$venv/bin/python" ]; then
        return
    fi
    python=$(find_python) || {
        debian_install python3-venv || fail "surveyd needs Python 3.11 or newer, with venv."
        python=$(find_python) || fail "surveyd needs Python 3.11 or newer; this machine has only an older one."
    }
    "$python" "$top/bin/install.py" "$venv" "$top/$1" || exit
}

# The first Python that is new enough and can make an environment. Each is really run: a version
# manager's stand-in may be on the path and still have nothing behind it.
find_python() {
    for name in python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
        if "$name" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    return 1
}

# Install Debian packages when we may, otherwise say the line that does.
debian_install() { # debian_install PACKAGE...
    if ! command -v apt-get >/dev/null; then
        say "missing: $* (as Debian calls them). Install them with this system's own package manager."
        return 1
    elif [ "$(id -u)" != 0 ]; then
        say "missing: $*. To have them: sudo apt-get install --no-install-recommends $*"
        return 1
    fi
    say "installing $* (Debian)"
    log=$(mktemp)
    if DEBIAN_FRONTEND=noninteractive && export DEBIAN_FRONTEND &&
        apt-get update -q >"$log" 2>&1 &&
        apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" >>"$log" 2>&1; then
        rm -f "$log"
    else
        tail -n 5 "$log" >&2
        rm -f "$log"
        say "that failed. By hand: apt-get update && apt-get install --no-install-recommends $*"
        return 1
    fi
}

say() {
    echo "surveyd: $*" >&2
}

fail() {
    say "$*"
    exit 1
}
