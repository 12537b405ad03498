"""Makes a virtual environment hold what a lock says: `install.py VENV LOCK`.

Run by bin/setup.sh, with the standard library alone. A copy of the lock inside the environment says
that the environment is whole; it is written last, so that an interrupted start is begun again. Two
starts at the same time take turns, and the second finds the work done.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

# Every package is a wheel, so that no compiler is needed; this one is pure Python and has none.
SOURCE_ONLY = "flask-principal"
COLLECTED = re.compile(r"^(Collecting |Processing |Requirement already satisfied: )", re.MULTILINE)
IGNORED = re.compile(r"^Ignoring ", re.MULTILINE)
LOCKED = re.compile(r"^[a-z0-9]\S*==", re.MULTILINE)


def main(venv: Path, lock: Path) -> int:
    """Make `venv` hold what `lock` says; returns the exit code."""
    with open(venv.with_name(f"{venv.name}.lock"), "w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if is_whole(venv, lock):
            return 0
        begun = time.monotonic()
        make_venv(venv)
        log = venv / "install.log"
        if not install(venv, lock, log):
            last = log.read_text(errors="replace").splitlines()[-12:]
            say("\n".join(["the packages could not be installed; pip's last words:", *last]))
            say(f"its whole output is in {log}")
            return 1
        shutil.copyfile(lock, venv / lock.name)
        say(f"the environment is ready ({time.monotonic() - begun:.0f} s)")
        return 0


def is_whole(venv: Path, lock: Path) -> bool:
    """Whether `venv` already holds what `lock` says."""
    stamp = venv / lock.name
    return (
        os.access(venv / "bin" / "python", os.X_OK)
        and stamp.is_file()
        and stamp.read_bytes() == lock.read_bytes()
    )


def make_venv(venv: Path) -> None:
    """Make the environment, or make it anew when the last start did not finish it."""
    if any(venv.glob("*.lock")) and os.access(venv / "bin" / "python", os.X_OK):
        return
    say(f"making an environment in {venv} (once; it takes about a minute)")
    shutil.rmtree(venv, ignore_errors=True)
    # The full name of this Python: when a system upgrade removes it, the environment is seen to be broken.
    python = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    subprocess.run([python, "-m", "venv", str(venv)], check=True)
    for site_packages in venv.glob("lib/python*/site-packages"):
        # The checkout stands four folders up, wherever it is moved.
        (site_packages / "checkout.pth").write_text("../../../..\n")


def install(venv: Path, lock: Path, log: Path) -> bool:
    """Let pip install `lock`, and show how far it is; returns whether it worked."""
    stamp = venv / lock.name
    if stamp.exists():
        say(f"{lock.name} has changed; bringing the environment up to date")
        # Until this is done no copy of any lock stands, and an interrupted start begins anew.
        for old in venv.glob("*.lock"):
            old.unlink()
    command = [str(venv / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check"]
    command += ["--require-hashes", "--only-binary", ":all:", "--no-binary", SOURCE_ONLY]
    command += ["--no-compile", "--no-input", "--progress-bar", "off", "-r", str(lock)]
    locked = len(LOCKED.findall(lock.read_text()))
    with open(log, "w") as output, subprocess.Popen(command, stdout=output, stderr=output) as pip:
        show = Progress()
        while pip.poll() is None:
            time.sleep(0.2)
            said = log.read_text(errors="replace")
            total = locked - len(IGNORED.findall(said))
            if "\nInstalling collected packages" in said:
                done = len([*venv.glob("lib/*/site-packages/*.dist-info")])
                show(f"installing {total} packages", done, total)
            else:
                show(f"fetching {total} packages", len(COLLECTED.findall(said)), total)
        show.end()
    return pip.returncode == 0


class Progress:
    """A bar that is redrawn in a terminal; elsewhere one plain line for each thing that begins."""

    def __init__(self) -> None:
        self.live = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.last = ""

    def __call__(self, what: str, done: int, total: int) -> None:
        filled = 30 * min(done, total) // max(total, 1)
        if self.live:
            bar = "█" * filled + "░" * (30 - filled)
            print(f"\rsurveyd: {bar} {what} {min(done, total)}/{total} ", end="", file=sys.stderr, flush=True)
        elif what != self.last and done:
            say(what)
            self.last = what

    def end(self) -> None:
        if self.live:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def say(text: str) -> None:
    """Tell the person, beside the data that the command itself may print."""
    print(f"surveyd: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
    except KeyboardInterrupt:
        sys.exit(130)
    except (OSError, subprocess.CalledProcessError) as error:
        say(f"the environment could not be made: {error}")
        sys.exit(1)
