"""What customers write about: the themes of a slice, and the comments behind every count."""

from collections.abc import Callable, Collection
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyd.base.database import reading, writing
from surveyd.base.errors import NotFound
from surveyd.base.services import services
from surveyd.reports.comments import comments_page
from surveyd.reports.themes import themes_page
from surveyd.reports.tones import tone_page
from surveyd.results import analyses
from surveyd.results.analysis_jobs import ring_for_analysis
from surveyd.results.slices import Slice, slice_of, words_of
from surveyd.results.themes import UNRATED, Picked
from surveyd.results.tones import question_of_wave
from surveyd.results.wholes import waves_of
from surveyd.scoring.nps import Category
from surveyd.web.access import reader
from surveyd.web.staff.codebook_words import version_number
from surveyd.web.staff.frame import bp
from surveyd.web.staff.slices import seen_slice

MOST = 200
MOST_PHRASES = 40
"""So many phrases may stand in the address of comments: it stays as short as servers take it."""


@bp.get("/themes")
def themes() -> str:
    """The themes of the slice that stands in the address; without one, of the latest wave."""
    with reading() as session:
        seen = seen_slice(session)
        page = themes_page(session, seen.cut, scope=reader().scope, rows_of=_rows_of(seen.cut))
    return render_template("staff/themes.html", page=page, at=address(seen.cut), seen=seen)


@bp.get("/themes/comments")
def comments() -> str:
    """The comments of a slice about one theme, with one word or of one category, the latest first."""
    cut, wanted = slice_here(), _picked()
    with reading() as session:
        page = comments_page(session, cut, wanted, scope=reader().scope, after=_after())
    more = {**address(cut), **_words(wanted), "after": str(page.after)}
    return render_template("staff/comments.html", page=page, at=address(cut), more=more)


@bp.get("/themes/tone")
def tone() -> str:
    """Comments whose words deny their rating, in languages in which a model holds."""
    with reading() as session:
        seen = seen_slice(session)
        page = tone_page(session, seen.cut, scope=reader().scope)
    return render_template("staff/tone.html", page=page, at=address(seen.cut), seen=seen)


@bp.post("/themes/tone")
def ask_tone() -> Response:
    """Have the models of the last wave of the slice learned, by a worker."""
    cut = slice_here()
    with reading() as session:
        waves = waves_of(session, cut)
        if not waves:
            raise NotFound("wave", "")
        question = question_of_wave(session, waves[-1])
    with writing() as session:
        wanted = analyses.want(session, question, by=reader().user_id, now=services().clock.now())
    ring_for_analysis(services(), wanted)
    at: dict[str, Any] = {**address(cut)}
    return redirect(url_for("staff.tone", **at), 303)


def slice_here() -> Slice:
    """The slice that stands in the address."""
    return slice_of(request.args.items(multi=True))


def address(cut: Slice) -> dict[str, list[str]]:
    """The slice as parts of an address."""
    found: dict[str, list[str]] = {}
    for name, value in words_of(cut):
        found.setdefault(name, []).append(value)
    return found


def _rows_of(cut: Slice) -> Callable[[str], str]:
    at: dict[str, Any] = {**address(cut)}
    return lambda key: url_for("staff.comments", **at, theme=key)


def _picked() -> Picked:
    said = {name: request.args.get(name, "").replace("\0", "")[:MOST] for name in ("theme", "word", "rating")}
    language, _, stem = said["word"].partition(":")
    category = said["rating"] if said["rating"] in {*Category, UNRATED} else ""
    phrases = tuple(_phrase(one) for one in request.args.getlist("phrase")[:MOST_PHRASES])
    version = request.args.get("codebook", type=version_number)
    return Picked(said["theme"], language if stem else "", stem, category, phrases, version)


def _phrase(said: str) -> tuple[str, str]:
    language, _, phrase = said.replace("\0", "")[:MOST].partition(":")
    return language, phrase


def _words(wanted: Picked) -> dict[str, Any]:
    word = f"{wanted.language}:{wanted.stem}" if wanted.stem else ""
    phrases = phrase_words(wanted.phrases)
    found = {"theme": wanted.theme, "word": word, "rating": wanted.category, "codebook": wanted.version}
    return {**found, **phrases}


def phrase_words(phrases: Collection[tuple[str, str]]) -> dict[str, list[str]]:
    """The comments with one of these phrases as parts of an address; empty for more than it may hold."""
    said = [f"{language}:{phrase}" for language, phrase in phrases]
    return {"phrase": said} if 0 < len(said) <= MOST_PHRASES else {}


def _after() -> int:
    said = request.args.get("after", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 18 else 0
