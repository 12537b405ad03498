"""One wave's page: how it gets on, where everybody stands, and the forms that change it."""

from dataclasses import dataclass

from flask import render_template
from flask_babel import lazy_gettext, ngettext
from sqlalchemy.orm import Session
from wtforms import Form, IntegerField
from wtforms.validators import InputRequired, NumberRange

from surveyd.base.database import reading
from surveyd.base.services import services
from surveyd.distribution import waves
from surveyd.distribution.audience import Counts, count_audience
from surveyd.distribution.cadence import Cadence, cadence_of
from surveyd.distribution.languages import Asked, asked_languages
from surveyd.distribution.models import Channel, Program, Wave, WaveState
from surveyd.distribution.overview import LAUNCHED, RUNNING
from surveyd.distribution.progress import Progress, progress
from surveyd.distribution.standing import Reconciliation, reconciled_lately
from surveyd.distribution.waves import WaveStatus
from surveyd.web.filters import language, number
from surveyd.web.staff.launch_checks import LaunchChecks, read_checks
from surveyd.web.staff.wave_progress import ProgressWords
from surveyd.web.staff.wave_words import RULES, STANDS

MOST_A_SECOND = 10_000


class RateForm(Form):
    """How many mails a second may go out; 0 is no limit."""

    rate = IntegerField(
        validators=[
            InputRequired(lazy_gettext("Write how many mails a second, or 0 for no limit.")),
            NumberRange(0, MOST_A_SECOND, lazy_gettext("Write a whole number from 0 to 10,000.")),
        ]
    )


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step of the cadence: how many mails or calls are still planned, owed, sent or stopped.

    `mails` is false for a step that people do, on the phone.
    """

    name: str
    mails: bool
    planned: int
    owed: int
    sent: int
    other: dict[str, int]


@dataclass(frozen=True, slots=True)
class WavePage:
    """One wave. `audience` is a forecast before the launch; from then on `stood` says where all stand."""

    wave_id: int
    program_id: int
    sender: str
    status: WaveStatus
    audience: Counts
    stood: Reconciliation | None
    words: ProgressWords
    form: RateForm
    problem: str
    questionnaire: str
    cadence: Cadence
    languages: tuple[Asked, ...]
    """In which languages it would ask; empty once it is launched."""
    checks: LaunchChecks

    @property
    def gaps(self) -> list[str]:
        """For each language that lacks texts, what forbids the launch."""
        return [
            ngettext(
                "1 person would be asked in %(language)s, in which the questionnaire is not whole."
                " Missing texts: %(texts)s.",
                "%(many)s people would be asked in %(language)s, in which the questionnaire is not whole."
                " Missing texts: %(texts)s.",
                asked.people,
                many=number(asked.people),
                language=language(asked.language),
                texts=number(asked.missing),
            )
            for asked in self.languages
            if asked.missing
        ]

    @property
    def unsigned(self) -> str:
        """The languages whose translation no native speaker has signed; empty when there is none."""
        return ", ".join(language(asked.language) for asked in self.languages if not asked.is_signed)

    @property
    def is_running(self) -> bool:
        return self.status.state in RUNNING

    @property
    def is_scheduled(self) -> bool:
        return self.status.state == WaveState.SCHEDULED

    @property
    def has_summary(self) -> bool:
        """Whether it has run, so that there is something to sum up."""
        return self.status.state in LAUNCHED

    @property
    def is_ahead(self) -> bool:
        """Whether day 0 is still to come, so that a launch now mails nobody yet."""
        return self.status.scheduled_at > self.words.now

    @property
    def left_out(self) -> list[tuple[str, str, int]]:
        """Each rule that leaves somebody out, in words, with its count, most first."""
        found = sorted(self.audience.left_out.items(), key=lambda one: -one[1])
        return [(rule, RULES.get(rule, rule), count) for rule, count in found]

    @property
    def everybody(self) -> int:
        return self.audience.invited + sum(self.audience.left_out.values())

    @property
    def stands(self) -> list[tuple[str, str, int]]:
        """Each state that somebody stands in, in words, with its count."""
        stood = self.stood.standings if self.stood else {}
        return [(name, STANDS[name], count) for name, count in stood.items()]

    @property
    def still_to_go(self) -> int:
        """What a cancellation would stop."""
        return self.status.owed + sum(self.status.planned.values())

    @property
    def steps(self) -> list[StepLine]:
        """The steps that have anything to show, in the order of the cadence."""
        names = [*dict.fromkeys([*self.status.messages, *self.status.planned])]
        return [self._step(name) for name in sorted(names, key=self._order)]

    @property
    def title(self) -> str:
        """The page's answer."""
        if not self.is_scheduled:
            return self.words.title
        return ngettext(
            "%(wave)s would invite 1 contact",
            "%(wave)s would invite %(contacts)s contacts",
            self.audience.invited,
            wave=self.status.wave,
            contacts=number(self.audience.invited),
        )

    def _order(self, name: str) -> int:
        names = self.cadence.names()
        return names.index(name) if name in names else len(names)

    def _step(self, name: str) -> StepLine:
        states = dict(self.status.messages.get(name, {}))
        sent = states.pop("sent", 0)
        owed = sum(states.pop(state, 0) for state in ("queued", "sending", "uncertain", "held"))
        return StepLine(
            name,
            name not in self.cadence.names(Channel.PHONE),
            self.status.planned.get(name, 0),
            owed,
            sent,
            states,
        )


def wave_page(wave_id: int, *, form: RateForm | None = None, problem: str = "") -> str:
    """The page as it stands; `form` and `problem` say what was wrong with what was sent."""
    with reading() as session:
        wave = waves.get_wave(session, wave_id)
        page = _read(session, wave, waves.program_of(session, wave), form or RateForm(), problem)
    return render_template("staff/wave.html", page=page)


def _read(session: Session, wave: Wave, program: Program, form: RateForm, problem: str) -> WavePage:
    now = services().clock.now()
    status = waves.status(session, wave)
    ahead = wave.state is WaveState.SCHEDULED
    stood = None if ahead else reconciled_lately(session, wave)
    how_far = progress(session, wave, status=status, now=now) if wave.state in RUNNING else Progress(None, 0)
    found = waves.questionnaire_of(session, wave)
    audience = (
        Counts(stood.invited, stood.left_out) if stood else count_audience(session, wave, program, now=now)
    )
    return WavePage(
        wave_id=wave.id,
        program_id=program.id,
        sender=program.sender_name,
        status=status,
        audience=audience,
        stood=stood,
        words=ProgressWords(status, how_far, now),
        form=form,
        problem=problem,
        questionnaire=found.slug,
        cadence=cadence_of(session, wave),
        languages=asked_languages(found, audience.wishes, fallback=program.language),
        checks=read_checks(session, wave.id),
    )
