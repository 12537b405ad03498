"""The letter of a wave: read as one of its people would get it, approved, sent, and how far it is."""

from dataclasses import dataclass
from datetime import datetime

from flask import Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Answer

from surveyd.base.database import reading, writing
from surveyd.base.errors import NotFound
from surveyd.base.services import services
from surveyd.closed_loop import letters
from surveyd.closed_loop.jobs import SEND_LETTER
from surveyd.closed_loop.letter_preview import Preview, Reader, preview, readers
from surveyd.closed_loop.letter_reach import LEFT_OUT
from surveyd.closed_loop.letter_status import LetterStatus, status_of
from surveyd.closed_loop.models import Audience, Letter, LetterState
from surveyd.distribution import papers, waves
from surveyd.distribution.models import Wave, WaveState
from surveyd.people.models import User
from surveyd.reports.jobs import ring_for_papers
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp
from surveyd.web.staff.letter_words import AUDIENCES, EMPTY_LISTS

MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'; sandbox"
)
EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class LetterPage:
    """The letter of one wave; `letter` is None before it is written, `shown` without anybody to read it."""

    wave_id: int
    wave: str
    paused: bool
    closed: bool
    letter: LetterStatus | None
    shown: Preview | None
    found: list[Reader]
    search: str
    now: datetime

    @property
    def title(self) -> str:
        """The page's answer."""
        letter = self.letter
        if letter is None:
            return _("%(wave)s has no letter yet", wave=self.wave)
        if letter.state is LetterState.DRAFT:
            return _("The letter of %(wave)s waits for approval", wave=self.wave)
        if letter.state is LetterState.APPROVED:
            return ngettext(
                "The letter of %(wave)s is approved and can go to one person",
                "The letter of %(wave)s is approved and can go to %(people)s people",
                letter.reach.answered_to_come,
                wave=self.wave,
                people=number(letter.reach.answered_to_come),
            )
        sent = number(letter.progress.states.get("sent", 0))
        total = number(letter.progress.total)
        return _("%(sent)s of %(total)s letters of %(wave)s are sent", sent=sent, total=total, wave=self.wave)

    @property
    def missing_lists(self) -> list[str]:
        """What the letter leaves out, since no chosen action says anything of it."""
        if self.letter is None or not self.letter.may_change:
            return []
        texts = [text for variant in self.letter.content.variants for text in variant.paragraphs]
        points = self.letter.content.points
        return [
            str(said)
            for name, said in EMPTY_LISTS.items()
            if any(f"{{{name}}}" in text for text in texts) and not any(getattr(one, name) for one in points)
        ]

    @property
    def left_out(self) -> list[tuple[str, int]]:
        """Who answered and gets no letter: the rule in words, and how many."""
        if self.letter is None:
            return []
        return [(_(LEFT_OUT[rule]), count) for rule, count in sorted(self.letter.reach.left_out.items())]

    @property
    def left_out_count(self) -> int:
        return sum(count for _rule, count in self.left_out)

    @property
    def silent_to_come(self) -> int:
        """How many did not answer and can get a text of their own, now or once the wave is closed."""
        if self.letter is None or not self.letter.content.has(Audience.SILENT):
            return 0
        return self.letter.reach.silent_to_come


@bp.get("/waves/<id:wave_id>/letter", endpoint="letter")
def show_letter(wave_id: int) -> str:
    """The letter as it stands, and as `contact` would get it; `search` looks somebody else up."""
    search = request.args.get("search", "").replace("\0", "").strip()[:100]
    contact_id = request.args.get("contact", type=int)
    now = services().clock.now()
    with reading() as session:
        wave = waves.get_wave(session, wave_id)
        letter = _letter_of(session, wave)
        found = readers(session, letter, scope=reader().scope, search=search) if letter else []
        shown = _shown(session, letter, contact_id or next((one.contact_id for one in found), None))
        status = status_of(session, letter) if letter else None
        paused, closed = wave.paused_at is not None, wave.state is WaveState.CLOSED
        page = LetterPage(wave_id, wave.slug, paused, closed, status, shown, found, search, now)
    return render_template("staff/letter.html", page=page, audiences=AUDIENCES)


@bp.get("/waves/<id:wave_id>/letter/mails/<id:contact_id>")
def letter_mail(wave_id: int, contact_id: int) -> Response:
    """The HTML of one person's letter alone, for the frame; its links lead nowhere."""
    with reading() as session:
        letter = letters.find_letter(session, waves.get_wave(session, wave_id))
        shown = _shown(session, letter, contact_id)
    if shown is None:
        raise NotFound("contact of this wave", contact_id)
    response = Response(shown.words.html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


@bp.post("/waves/<id:wave_id>/letter/begin")
def begin_letter(wave_id: int) -> Answer:
    """Write the draft that one goes on from."""
    with writing() as session:
        wave = waves.get_wave(session, wave_id)
        letters.begin_letter(session, wave, by=reader().user_id, now=services().clock.now())
    return redirect(url_for("staff.edit_letter", wave_id=wave_id), 303)


@bp.post("/waves/<id:wave_id>/letter/approve")
def approve_letter(wave_id: int) -> Answer:
    """Approve what was read: `seen` is its digest."""
    with writing() as session:
        letter = letters.find_letter(session, waves.get_wave(session, wave_id))
        by = session.get_one(User, reader().user_id)
        seen = request.form.get("seen", "") or "nothing"
        letters.approve(session, letter, by=by, now=services().clock.now(), seen=seen)
    return _back(wave_id)


@bp.post("/waves/<id:wave_id>/letter/send")
def send_letter(wave_id: int) -> Answer:
    """Let the approved letter go, to who answered or, when the wave is closed, to everybody."""
    to_silent = request.form.get("to") == EVERYBODY
    with writing() as session:
        letter = letters.find_letter(session, waves.get_wave(session, wave_id))
        now = services().clock.now()
        letters.send(session, letter, to_silent=to_silent, by=reader().user_id, now=now)
        letter_id = letter.id
    services().bell.ring(SEND_LETTER, letter_id)
    return _back(wave_id)


@bp.post("/waves/<id:wave_id>/letter/papers/<id:paper_id>/retry")
def retry_letter_paper(wave_id: int, paper_id: int) -> Answer:
    """Have a PDF made once more that could not be made."""
    with writing() as session:
        letters.find_letter(session, waves.get_wave(session, wave_id))
        papers.find(session, reader().scope, paper_id)
        papers.retry(session, paper_id, now=services().clock.now())
    ring_for_papers(services())
    return _back(wave_id)


def _letter_of(session: Session, wave: Wave) -> Letter | None:
    try:
        return letters.find_letter(session, wave)
    except NotFound:
        return None


def _shown(session: Session, letter: Letter | None, contact_id: int | None) -> Preview | None:
    if letter is None or contact_id is None:
        return None
    house = services()
    return preview(
        session,
        letter,
        contact_id,
        scope=reader().scope,
        now=house.clock.now(),
        base_url=house.config.base_url,
    )


def _back(wave_id: int) -> Answer:
    return redirect(url_for("staff.letter", wave_id=wave_id), 303)
