"""A wave's rehearsal: what would go out day by day, the calls to expect, and every touch as a file."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Response as Answer
from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from sqlalchemy.orm import undefer
from werkzeug.wrappers import Response
from wtforms import Form, IntegerField
from wtforms.validators import InputRequired, NumberRange, Optional

from surveyd.base.clock import parse_instant, system_now
from surveyd.base.database import reading, writing
from surveyd.base.errors import NotFound, Refused
from surveyd.base.services import services
from surveyd.base.spreadsheets import unguarded
from surveyd.distribution.launch_models import Rehearsal, RehearsalState
from surveyd.distribution.models import WaveState
from surveyd.distribution.rehearsing.jobs import REHEARSE_WAVE
from surveyd.distribution.rehearsing.rehearsals import (
    LARGEST_SEED,
    LONGEST_CALL,
    MINUTES_A_CALL,
    ask_rehearsal,
    latest_rehearsal,
)
from surveyd.distribution.rehearsing.results import HEAD, Line, Sums, read_sums, unpacked
from surveyd.distribution.waves import get_wave
from surveyd.reports.sheets import write_xlsx
from surveyd.web.access import reader
from surveyd.web.filters import language, moment, number, percent
from surveyd.web.staff.frame import bp
from surveyd.web.staff.rehearsal_words import REASONS
from surveyd.web.staff.response_files import SHEET
from surveyd.web.staff.wave_words import RULES, step

MOST_IN_A_SHEET = 60_000


class RehearsalForm(Form):
    """How long an attempt to call takes, and the seed of an earlier rehearsal to play it again."""

    minutes = IntegerField(
        default=MINUTES_A_CALL,
        validators=[
            InputRequired(lazy_gettext("Write how many minutes one attempt to call takes.")),
            NumberRange(1, LONGEST_CALL, lazy_gettext("Write a whole number from 1 to 120.")),
        ],
    )
    seed = IntegerField(
        validators=[
            Optional(),
            NumberRange(
                0, LARGEST_SEED - 1, lazy_gettext("Write the seed of an earlier rehearsal, or nothing.")
            ),
        ]
    )


@dataclass(frozen=True, slots=True)
class LineWords:
    """So many mails or calls on one day; `hours` are those where the contacts are."""

    day: date
    of: str
    step: str
    hours: str
    count: int


@dataclass(frozen=True, slots=True)
class RehearsalPage:
    """The last rehearsal of a wave, if there is one, and the form for the next one."""

    wave_id: int
    wave: str
    is_scheduled: bool
    rehearsal: Rehearsal | None
    sums: Sums | None
    form: RehearsalForm

    @property
    def is_working(self) -> bool:
        return self.rehearsal is not None and self.rehearsal.state in (
            RehearsalState.WAITING,
            RehearsalState.RUNNING,
        )

    @property
    def mails(self) -> int:
        return sum(line.count for line in self.sums.mails) if self.sums else 0

    @property
    def calls(self) -> int:
        return sum(line.count for line in self.sums.calls) if self.sums else 0

    @property
    def attempts(self) -> int:
        return sum(work.attempts for work in self.sums.work) if self.sums else 0

    @property
    def by_step(self) -> list[tuple[str, int]]:
        """How many touches of each step happen, in words."""
        return [(step(name), count) for name, count in self.sums.steps.items()] if self.sums else []

    @property
    def never(self) -> list[tuple[str, int]]:
        """Why touches do not happen, in words, most first."""
        found = sorted(self.sums.cancelled.items(), key=lambda one: -one[1]) if self.sums else []
        return [(str(REASONS.get(reason) or RULES.get(reason) or reason), count) for reason, count in found]

    @property
    def span(self) -> str:
        """From when to when it would run."""
        if self.sums is None or not self.sums.begins:
            return ""
        begins, closes = parse_instant(self.sums.begins), parse_instant(self.sums.closes)
        return _("From %(start)s to %(end)s", start=moment(begins), end=moment(closes))

    @property
    def assumed(self) -> list[tuple[str, str]]:
        """The behaviour that was played, in words."""
        known = self.sums.behaviour if self.sums else {}
        shares = [(step(name), percent(share, 1)) for name, share in known.get("steps", {}).items()]
        return [
            *((_("Answer after: %(step)s", step=name), share) for name, share in shares),
            (_("Mail comes back"), percent(known.get("bounced", 0), 1)),
            (_("Opt out"), percent(known.get("opted_out", 0), 1)),
            (_("Attempts a call"), number(round(known.get("attempts", 0.0), 1))),
        ]

    @property
    def title(self) -> str:
        """The page's answer."""
        if self.sums is None:
            if self.is_working:
                return _("%(wave)s is being rehearsed", wave=self.wave)
            return _("Not rehearsed yet")
        return ngettext(
            "1 contact would get %(mails)s mails and %(calls)s calls",
            "%(n)s contacts would get %(mails)s mails and %(calls)s calls",
            self.sums.contacts,
            n=number(self.sums.contacts),
            mails=number(self.mails),
            calls=number(self.calls),
        )

    @property
    def mail_lines(self) -> list[LineWords]:
        """Mails by day and language."""
        return [_words(line, language(line.of)) for line in self.sums.mails] if self.sums else []

    @property
    def call_lines(self) -> list[LineWords]:
        """Calls by day and time zone."""
        return [_words(line, line.of) for line in self.sums.calls] if self.sums else []

    @property
    def work(self) -> list[tuple[date, int, float]]:
        """Attempts to call and hours by day."""
        done = self.sums.work if self.sums else ()
        return [(date.fromisoformat(one.day), one.attempts, one.hours) for one in done]


@bp.get("/waves/<id:wave_id>/rehearsal")
def rehearsal(wave_id: int) -> str:
    """The last rehearsal, and how to have another one."""
    return _draw(wave_id)


@bp.post("/waves/<id:wave_id>/rehearsal")
def rehearse(wave_id: int) -> Response | tuple[str, int]:
    """Have the wave rehearsed by a worker."""
    form = RehearsalForm(request.form)
    if not form.validate():
        return _draw(wave_id, form=form), 422
    with writing() as session:
        asked = ask_rehearsal(
            session,
            get_wave(session, wave_id),
            minutes=form.minutes.data or MINUTES_A_CALL,
            seed=form.seed.data,
            by=reader().user_id,
            now=services().clock.now(),
            system_now=system_now(),
        )
        rehearsal_id = asked.id
    services().bell.ring(REHEARSE_WAVE, rehearsal_id)
    return redirect(url_for("staff.rehearsal", wave_id=wave_id), 303)


@bp.get("/waves/<id:wave_id>/rehearsals/<id:rehearsal_id>.csv")
def rehearsal_csv(wave_id: int, rehearsal_id: int) -> Answer:
    """Every touch as it would be."""
    slug, content = _touches(wave_id, rehearsal_id)
    head = {"Content-Disposition": f'attachment; filename="rehearsal-{slug}.csv"'}
    return Answer(content, mimetype="text/csv", headers=head)


@bp.get("/waves/<id:wave_id>/rehearsals/<id:rehearsal_id>.xlsx")
def rehearsal_xlsx(wave_id: int, rehearsal_id: int) -> Answer:
    """The same as a sheet. Refused for more rows than a request may take: CSV has no such limit."""
    slug, content = _touches(wave_id, rehearsal_id)
    head = {"Content-Disposition": f'attachment; filename="rehearsal-{slug}.xlsx"'}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rehearsal.xlsx"
        write_xlsx(path, HEAD, _few(content), sheet="rehearsal")
        return Answer(BytesIO(path.read_bytes()), mimetype=SHEET, headers=head)


def _few(content: str) -> Iterator[list[str]]:
    lines = csv.reader(StringIO(content, newline=""))
    next(lines)
    for count, cells in enumerate(lines):
        if count >= MOST_IN_A_SHEET:
            raise Refused(_("These are more than %(most)s rows: take CSV.", most=number(MOST_IN_A_SHEET)))
        yield [unguarded(cell) for cell in cells]


def _touches(wave_id: int, rehearsal_id: int) -> tuple[str, str]:
    with reading() as session:
        wave = get_wave(session, wave_id)
        found = session.get(Rehearsal, rehearsal_id, options=[undefer(Rehearsal.touches)])
        if found is None or found.wave_id != wave_id or found.touches is None:
            raise NotFound("rehearsal", rehearsal_id)
        return wave.slug, unpacked(found.touches)


def _words(line: Line, of: str) -> LineWords:
    hours = line.first if line.first == line.last else f"{line.first}–{line.last}"
    return LineWords(date.fromisoformat(line.day), of, step(line.step), hours, line.count)


def _draw(wave_id: int, *, form: RehearsalForm | None = None) -> str:
    with reading() as session:
        wave = get_wave(session, wave_id)
        last = latest_rehearsal(session, wave_id)
        page = RehearsalPage(
            wave_id=wave_id,
            wave=wave.slug,
            is_scheduled=wave.state is WaveState.SCHEDULED,
            rehearsal=last,
            sums=read_sums(last.result) if last and last.state is RehearsalState.DONE else None,
            form=form or RehearsalForm(),
        )
        return render_template("staff/rehearsal.html", page=page)
