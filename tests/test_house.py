"""The rules of the house that a machine can hold: floors, sizes, edges, locks, addresses."""

import ast
import configparser
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from surveyd.base.config import HOME, SETTINGS
from surveyd.distribution.mails import LANGUAGES

LONGEST_FILE, LONGEST_TABLES, LONGEST_TEST_FILE, LONGEST_FUNCTION, LONGEST_TEMPLATE = 300, 350, 350, 50, 120
# Edges parse, call one verb and commit; below them nobody commits or rings the bell.
EDGES = re.compile(
    r"surveyd/(web|cli|operations|schedule)\b|surveyd/app\.py|/(\w+_jobs|jobs|sender|lanes|looks|database|drivers)\.py$"
)
# Staff pages are in English, and so are the mails that lead to them.
STAFF_MAILS = (
    "case_alert", "case_handed_over", "case_overdue", "case_reopened", "wave_paused", "wave_summary", "alarm",
    "welcome",
    "password_reset", "not_right_person", "call_handed_over", "wrong_number", "contacts_to_confirm",
    "contacts_reminder",
)  # fmt: skip
PARTS = (("subject", "txt"), ("body", "txt"), ("body", "html"))
# A driver that SQLAlchemy loads, one that needs pango, and data.
LOADED_BY_NAME = {"psycopg", "weasyprint", "tzdata"}
# The clock is asked at the edges; a verb is told what time it is.
CLOCKS = re.compile(r"surveyd/base/(clock|log)\.py$")
# The name of a standard looks like an address.
OUR_HOSTS = re.compile(
    r"^(127\.0\.0\.1|www\.w3\.org|json-schema\.org|([\w-]+\.)*(example|test|invalid|localhost))$"
)
URL = re.compile(r"\b(?:https?|ftp)://(?:[^\s/@\"'`<>]*@)?([\w-]+(?:\.[\w-]+)+)")


def tracked(*patterns: str) -> list[str]:
    """The project's own files that match, as paths from its top."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=HOME, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return sorted(path for path in set(listed.stdout.splitlines()) if (HOME / path).is_file())


def text(path: str) -> str:
    return (HOME / path).read_text(encoding="utf-8")


def nodes(path: str) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(text(path)))


def functions(path: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in nodes(path) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def calls(path: str, *names: str) -> list[str]:
    """Where a file calls one of `names`, as path:line name."""
    found = [node for node in nodes(path) if isinstance(node, ast.Call)]
    return [f"{path}:{c.lineno} {ast.unparse(c.func)}" for c in found if ast.unparse(c.func).endswith(names)]


def assert_none(found: Iterable[object]) -> None:
    """Fail with every finding on a line of its own."""
    lines = [str(finding) for finding in found]
    assert not lines, "\n" + "\n".join(lines)


def test_the_locks_hold_no_address() -> None:
    for lock in ("requirements.lock", "requirements-test.lock"):
        assert "://" not in text(lock)
        assert "--hash=sha256:" in text(lock)


def test_the_locks_hold_every_dependency() -> None:
    options = configparser.ConfigParser(comment_prefixes="#", inline_comment_prefixes=None)
    options.read(HOME / "setup.cfg", encoding="utf-8")
    usual, extra = options["options"]["install_requires"], options["options.extras_require"]["test"]
    for lock, wanted in (("requirements.lock", usual), ("requirements-test.lock", usual + extra)):
        names = {normal(re.split(r"[\[<>=]", line)[0]) for line in wanted.split()}
        assert names <= {line.split("==")[0] for line in text(lock).splitlines() if "==" in line}


def test_the_test_lock_agrees_with_the_lock() -> None:
    pinned = [set(re.findall(r"^\S+==\S+", text(lock), re.MULTILINE)) for lock in tracked("*.lock")]
    assert len(pinned) == 2 and (pinned[0] <= pinned[1] or pinned[1] <= pinned[0])


def test_every_import_is_declared() -> None:
    """What another package happens to bring along may be gone with its next release."""
    declared = {normal(name) for name in re.findall(r"^    ([a-z][\w.-]*)", text("setup.cfg"), re.MULTILINE)}
    brought_by = packages_distributions()
    undeclared = {
        f"{path}: {name}"
        for path in tracked("surveyd/*.py", "tests/*.py", "benchmarks/*.py", "migrations/*.py")
        for name in imported(path) - sys.stdlib_module_names - {"surveyd", "tests", "benchmarks", "docs"}
        if not {normal(dist) for dist in brought_by.get(name, [])} & declared
    }
    assert_none(sorted(undeclared))


def test_every_dependency_is_used() -> None:
    options = configparser.ConfigParser()
    options.read(HOME / "setup.cfg", encoding="utf-8")
    lines = options["options"]["install_requires"].splitlines()
    wanted = {normal(re.split(r"[\[<>=]", line)[0]) for line in lines if line and line[0] != "#"}
    names = set().union(*map(imported, tracked("surveyd/*.py", "migrations/*.py")))
    brought_by = packages_distributions()
    used = {normal(dist) for name in names for dist in brought_by.get(name, [])}
    assert_none(sorted(wanted - used - LOADED_BY_NAME))


def imported(path: str) -> set[str]:
    """The top-level names that a file imports."""
    modules = [alias.name for node in nodes(path) if isinstance(node, ast.Import) for alias in node.names]
    modules += [node.module or "" for node in nodes(path) if isinstance(node, ast.ImportFrom)]
    return {module.partition(".")[0] for module in modules}


def normal(name: str) -> str:
    """A distribution's name as the index writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_a_package_imports_only_from_lower_floors() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as l; l()"]
    done = subprocess.run(
        [*command, "--config", "setup.cfg", "--no-cache"],
        cwd=HOME,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_no_file_is_too_long() -> None:
    too_long = []
    # The pages of the method are drawn by a program: their sources are what is read.
    for path in tracked("*.py", "*.html", "bin/*", ":!migrations/versions", ":!surveyd/templates/method"):
        limit = LONGEST_TEST_FILE if path.startswith("tests/") else LONGEST_FILE
        limit = LONGEST_TEMPLATE if path.endswith(".html") else limit
        # A list of tables is looked up, not read from top to bottom.
        limit = LONGEST_TABLES if path.endswith("/models.py") else limit
        length = len(text(path).splitlines())
        if length > limit:
            too_long.append(f"{path}: {length} lines, {limit} at most")
    assert_none(too_long)


def test_no_function_is_too_long() -> None:
    long = [
        f"{path}:{function.lineno} {function.name}"
        for path in tracked("surveyd/*.py", "tests/*.py", "benchmarks/*.py")
        for function in functions(path)
        if (function.end_lineno or 0) - function.lineno >= LONGEST_FUNCTION
    ]
    assert_none(long)


def test_no_import_hides_in_a_function() -> None:
    hidden = [
        f"{path}:{node.lineno}"
        for path in tracked("surveyd/*.py")
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert_none(hidden)


def test_a_package_does_nothing_when_it_is_imported() -> None:
    logic = [
        path
        for path in tracked("surveyd/__init__.py", "surveyd/*/__init__.py")
        if any(not isinstance(node, ast.Expr | ast.Assign) for node in ast.parse(text(path)).body)
    ]
    assert_none(logic)


def test_only_edges_commit_and_ring() -> None:
    below = [path for path in tracked("surveyd/*.py") if not EDGES.search(path)]
    called = [place for path in below for place in calls(path, ".commit", ".ring", "writing")]
    # Asking whether a list is being written changes nothing.
    assert_none(place for place in called if not place.endswith("is_writing"))


def test_only_the_clock_knows_what_time_it_is() -> None:
    others = [path for path in tracked("surveyd/*.py") if not CLOCKS.search(path)]
    asked = ("datetime.now", "datetime.utcnow", "date.today", "datetime.today", "utcfromtimestamp")
    assert_none([place for path in others for place in calls(path, *asked)])


def test_templates_escape_everything() -> None:
    unsafe = re.compile(r"\|\s*safe\b|autoescape\s+false|\sstyle=|<script(?![^>]*\ssrc=)|\son(?!e=)[a-z]+=")
    templates = [path for path in tracked("surveyd/templates/*.html") if "/emails/" not in path]
    assert_none([path for path in templates if unsafe.search(text(path))])
    mails = [path for path in tracked("surveyd/templates/emails/*") if re.search(r"\|\s*safe\b", text(path))]
    assert_none(mails)
    markup = [place for path in tracked("surveyd/*.py") for place in calls(path, "render_template_string")]
    assert_none(markup)


def test_no_file_names_a_host_of_somebody_else() -> None:
    named = [
        f"{path}: {host}"
        for path in tracked()
        if Path(path).suffix not in (".png", ".ico", ".woff2", ".mo", ".pdf")
        and path != "tests/test_house.py"
        for host in URL.findall(text(path))
        if not OUR_HOSTS.match(host)
    ]
    assert_none(named)


def test_every_setting_stands_in_the_operators_table() -> None:
    rows = "\n".join(
        line for path in tracked("docs/*.md") for line in text(path).splitlines() if line[:1] == "|"
    )
    assert_none([name for name in SETTINGS if f"`SURVEYD_{name.upper()}`" not in rows])


def test_every_mail_is_there_in_every_language() -> None:
    mails: dict[str, set[str]] = {}
    for path in map(Path, tracked("surveyd/templates/emails/*/*")):
        mails.setdefault(path.parent.name, set()).add(path.name)
    missing = []
    for mail, files in mails.items():
        languages = ["en"] if mail in STAFF_MAILS else LANGUAGES
        wanted = {f"{part}.{language}.{kind}" for part, kind in PARTS for language in languages}
        missing += [f"{mail}: {name}" for name in sorted(wanted ^ files)]
    assert mails
    assert_none(missing)


@pytest.mark.parametrize("script", ["bin/surveyd", "bin/test", ".ci/run", "bin/setup.sh"])
def test_a_script_is_one_that_any_shell_reads(script: str) -> None:
    assert subprocess.run(["sh", "-n", script], cwd=HOME, check=False).returncode == 0
