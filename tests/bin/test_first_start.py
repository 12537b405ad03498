"""The first start makes its own environment, whatever happened to the last one."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from surveyd.base.config import HOME

pytestmark = pytest.mark.slow  # making an environment takes seconds


def begin(checkout: Path, *words: str) -> subprocess.Popen[str]:
    env = {"PATH": os.environ["PATH"], "HOME": str(checkout), "TERM": "dumb", "LANG": "C.UTF-8"}
    pipe = subprocess.PIPE
    command = [str(checkout / "bin" / "surveyd"), *words]
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=env, cwd=checkout.parent)


def run(checkout: Path, *words: str) -> tuple[int, str, str]:
    with begin(checkout, *words) as child:
        out, err = child.communicate(timeout=60)
    return child.returncode, out, err


def new_checkout(top: Path) -> Path:
    """A checkout with our start scripts, a program that says hello, and a lock that names no package."""
    shutil.copytree(HOME / "bin", top / "bin")
    (top / "surveyd").mkdir()
    (top / "surveyd" / "__main__.py").write_text("import sys\nprint('hello', *sys.argv[1:])\n")
    (top / "requirements.lock").write_text("# nothing is needed\n")
    return top


@pytest.fixture(scope="session")
def first_starts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[int, str, str]]]:
    """A checkout in which surveyd was started for the first time, twice at once, and what came of it."""
    top = new_checkout(tmp_path_factory.mktemp("first") / "a checkout")
    children = [begin(top, str(number)) for number in range(2)]
    said = [child.communicate(timeout=60) for child in children]
    return top, [(child.returncode, *words) for child, words in zip(children, said, strict=True)]


@pytest.fixture
def checkout(first_starts: tuple[Path, object], tmp_path: Path) -> Path:
    """A checkout that is ready: a copy of that one, under another name."""
    top: Path = shutil.copytree(first_starts[0], tmp_path / "a copy", symlinks=True)
    return top


def test_two_first_starts_take_turns(first_starts: tuple[Path, list[tuple[int, str, str]]]) -> None:
    ends = first_starts[1]
    assert [(code, out) for code, out, _ in ends] == [(0, "hello 0\n"), (0, "hello 1\n")]
    assert sum("making an environment" in err and "is ready" in err for _, _, err in ends) == 1


def test_the_next_start_says_and_does_nothing_wherever_the_checkout_was_moved(checkout: Path) -> None:
    begun = time.monotonic()
    assert run(checkout, "one", "two words") == (0, "hello one two words\n", "")
    assert time.monotonic() - begun < 1


@pytest.mark.full
def test_a_half_made_environment_is_made_anew(tmp_path: Path) -> None:
    top = new_checkout(tmp_path / "a checkout")
    (top / ".venv" / "bin").mkdir(parents=True)
    (top / ".venv" / "bin" / "python").symlink_to("/bin/false")
    assert run(top)[:2] == (0, "hello\n")


@pytest.mark.full
def test_an_environment_whose_python_is_gone_is_made_anew(checkout: Path) -> None:
    python = checkout / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3.11")
    assert run(checkout)[:2] == (0, "hello\n")


def test_what_cannot_be_installed_is_said_and_tried_again(checkout: Path) -> None:
    (checkout / "requirements.lock").write_text("surveyd-has-no-such-package==1\n")
    code, out, err = run(checkout)
    assert (code, out) == (1, "")
    assert "could not be installed" in err and "install.log" in err
    # Without a stamp the next start makes it anew.
    assert not list((checkout / ".venv").glob("*.lock"))


def test_modules_beside_the_reader_are_not_taken(checkout: Path) -> None:
    (checkout.parent / "surveyd.py").write_text("print('a stranger')\n")
    assert run(checkout)[1] == "hello\n"
