"""Survey pages and whole journeys a second, beside a bare app on the same server and database.

    python -m benchmarks.pages [--quick] [--seconds 4] [--clients 1 8 32 64] [--databases sqlite postgresql]
    python -m benchmarks.pages --profile [--databases sqlite postgresql]

`page` is GET of a personal link, with 17 items on one page (benchmarks/one_page.yaml). `journey` is GET, then
POST of all answers, up to the thanks: saved, scored, placed, cases and mails queued, durable. `shipped` walks
the shipped survey page by page. `saves_per_s` counts the pages that were saved, and the `save` columns say
how long one took. The bare rows (benchmarks/bare.py) read one row and show a ready page, or write one JSON
row. All of it at 1, 8, 32 and 64 clients, three rounds in turn, medians; `ratio` is ours by the bare row
beside it, `cpu_ratio` the same of the CPU time. The load generator runs on the same cores. `--quick` is one
short round, and keeps nothing. `--profile` says what the time of a page and of a submit goes to instead.
"""

import argparse
import itertools
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlencode

from benchmarks import bare
from benchmarks.figures import Figures, cpu_seconds, keep, middle, percentile, table
from benchmarks.installation import Installation, installation, launch, links
from benchmarks.load import Load, Step, endless, get, post, walk
from benchmarks.shares import TIMES, WARM, shares
from surveyd.forms.loading import load, shipped
from tests.fixtures.children import Process, start, wait_for
from tests.fixtures.houses import _free_port
from tests.reliability.respondents import Respondent, read_form
from tests.reliability.stage import children_of

KINDS = ("sqlite", "postgresql")
CLIENTS = (1, 8, 32, 64)
ONE_PAGE = Path(__file__).with_name("one_page.yaml")
MOST_JOURNEYS_A_SECOND = 600
MOST_SHIPPED_A_SECOND = 100
SHARES = "What the CPU time of a survey page and of a submit goes to, in percent; milliseconds a request"
NOTE = "Survey pages and journeys a second, beside a bare app on the same server and database"


class Course:
    """One job on one server: what is walked, with which links, and which processes pay for it."""

    def __init__(
        self, name: str, port: int, web: Process, *, steps: Sequence[Step], of: Iterator[str]
    ) -> None:
        self.name, self.port, self.web, self.steps, self.links = name, port, web, steps, of

    def run(self, clients: int, seconds: float) -> dict[str, float]:
        """Walk it for so many seconds; the figures. An answer that is wrong ends the benchmark."""
        pids = [self.web.pid, *children_of(self.web.pid)]
        before = cpu_seconds(pids)
        walked = walk(self.port, self.steps, self.links, clients=clients, seconds=seconds)
        cpu = cpu_seconds(pids) - before
        assert not walked.wrong, f"{self.name}: {walked.wrong} answers were wrong"
        return self._figures(walked, cpu)

    def _figures(self, walked: Load, cpu: float) -> dict[str, float]:
        count = len(walked.journeys)
        assert count, f"{self.name}: nothing was answered"
        return {
            "per_s": count / walked.seconds,
            "p50_ms": 1000 * percentile(walked.journeys, 0.50),
            "p95_ms": 1000 * percentile(walked.journeys, 0.95),
            "p99_ms": 1000 * percentile(walked.journeys, 0.99),
            "cpu_ms": 1000 * cpu / count,
            "saves_per_s": len(walked.saves) / walked.seconds,
            "save_p50": 1000 * percentile(walked.saves or [0.0], 0.50),
            "save_p95": 1000 * percentile(walked.saves or [0.0], 0.95),
            "save_p99": 1000 * percentile(walked.saves or [0.0], 0.99),
        }


def main() -> None:
    """Measure, print, keep."""
    given = _arguments()
    rows: list[dict[str, object]] = []
    if given.profile:
        rows = _profiles(given.databases)
        print(f"{SHARES}\n\n{table(rows)}")
        keep("shares", rows, note=SHARES)
        return
    for kind in given.databases:
        rows += _measure(kind, given)
    print(f"{NOTE}\n\n{table(rows)}")
    if not given.quick:
        keep("pages", rows, note=f"{NOTE}; {given.rounds} rounds of {given.seconds} s, medians")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--clients", type=int, nargs="+", default=CLIENTS)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--databases", nargs="+", choices=KINDS, default=KINDS)
    given = parser.parse_args()
    given.seconds = given.seconds or (1.0 if given.quick else 4.0)
    given.rounds = given.rounds or (1 if given.quick else 3)
    return given


def _measure(kind: str, given: argparse.Namespace) -> list[dict[str, object]]:
    runs = len(given.clients) * given.rounds * given.seconds + 2
    with installation(kind, clock="system") as place:
        one = launch(
            place, "one", load(ONE_PAGE.read_text(), ONE_PAGE.name), people=int(MOST_JOURNEYS_A_SECOND * runs)
        )
        whole = launch(place, "whole", shipped("relational"), people=int(MOST_SHIPPED_A_SECOND * runs))
        courses = _courses(place, links(place, one, "one"), links(place, whole, "whole"))
        measured: dict[tuple[str, int], list[dict[str, float]]] = {}
        for course in courses:
            course.run(8, 0.5)
        for _ in range(given.rounds):
            for clients, course in itertools.product(given.clients, courses):
                measured.setdefault((course.name, clients), []).append(course.run(clients, given.seconds))
    medians = {key: middle(rounds) for key, rounds in measured.items()}
    return [
        {"database": kind, "job": name, "clients": clients}
        | figures
        | _ratios(figures, medians.get((f"bare {name}", clients)))
        for (name, clients), figures in medians.items()
    ]


def _ratios(ours: Figures, bare_ones: Figures | None) -> dict[str, object]:
    if bare_ones is None:
        return {"ratio": "", "cpu_ratio": ""}
    return {
        "ratio": ours["per_s"] / bare_ones["per_s"],
        "cpu_ratio": bare_ones["cpu_ms"] / ours["cpu_ms"],
    }


def _profiles(kinds: Sequence[str]) -> list[dict[str, object]]:
    """What the time goes to, a line each; a column for the page and one for the submit on each database."""
    columns: dict[str, dict[str, float]] = {}
    for kind in kinds:
        with installation(kind, clock="system") as place:
            form = load(ONE_PAGE.read_text(), ONE_PAGE.name)
            paths = links(place, launch(place, "one", form, people=WARM + TIMES + 1), "one")
            filled = read_form(place.app.test_client().get(paths[0]).text).filled(4, "Because it works.")
            for name, profile in shares(place.app, paths[1:], filled).items():
                columns[f"{kind} {name}"] = profile.lines()
    heads = [*next(iter(columns.values()))]
    return [{"what": head} | {name: lines[head] for name, lines in columns.items()} for head in heads]


def _courses(place: Installation, one: list[str], whole: list[str]) -> list[Course]:
    web = place.house.start("web")
    port = place.house.port
    first, *one = one
    filled = Respondent(f"{place.house.url}{first}").to_last_page(4)
    thanks = post(urlencode(filled), status=b"200", shows=b'id="receipt"')
    guide, *whole = whole
    bare_port, bare_web = _start_bare(place, first, [link.rpartition("/")[2] for link in one])
    return [
        Course("page", port, web, steps=[get()], of=endless(one[-1000:])),
        Course("bare page", bare_port, bare_web, steps=[get()], of=endless(one[-1000:])),
        Course("journey", port, web, steps=[get(), thanks], of=iter(one[:-1000])),
        Course("bare journey", bare_port, bare_web, steps=[get(), thanks], of=iter(one[:-1000])),
        Course("shipped", port, web, steps=_page_by_page(f"{place.house.url}{guide}"), of=iter(whole)),
    ]


def _page_by_page(link: str) -> list[Step]:
    """The steps of a whole survey, read off one person's walk through it."""
    respondent = Respondent(link)
    steps = [get()]
    for form in respondent.forms(4):
        if form["go"] == "send":
            steps.append(post(urlencode(form), status=b"200", shows=b'id="receipt"'))
            break
        where = respondent.ask("POST", form=form)[1]
        steps += [post(urlencode(form)), get(f"?{where.partition('?')[2]}")]
    respondent.leave()
    return steps


def _start_bare(place: Installation, link: str, tokens: list[str]) -> tuple[int, Process]:
    """The bare app, with the same page, ready."""
    respondent = Respondent(f"{place.house.url}{link}")
    html = respondent.ask()[1]
    respondent.leave()
    assert read_form(html).way == "send"
    folder = place.house.folder
    page = folder / "page.html"
    page.write_bytes(html.encode().replace(link.rpartition("/")[2].encode(), bare.TOKEN))
    url = place.house.env["SURVEYD_DATABASE_URL"]
    if url.startswith("sqlite"):
        # A file of its own: two programs with two ways to wait for it would slow each other.
        url = f"sqlite:///{folder / 'bare.db'}"
    engine = bare.open_engine(url)
    bare.make_tables(engine, tokens)
    engine.dispose()
    port = _free_port()
    words = [sys.executable, "-m", "benchmarks.bare", url, str(page), str(port)]
    web = start(words, log=folder / "bare.log", env=place.house.env)
    place.house.running.append(web)
    reader = Respondent(f"http://127.0.0.1:{port}/s/{tokens[0]}")

    def answers() -> bool:
        try:
            return reader.ask()[0] == 200
        except OSError:
            return False

    wait_for(answers, what="the bare app")
    reader.leave()
    return port, web


if __name__ == "__main__":
    main()
