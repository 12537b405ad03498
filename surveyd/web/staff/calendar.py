"""The calendar of waves: a year as bars, and as a list by month."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from flask import render_template, request
from flask_babel import format_date, lazy_gettext, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the types

from surveyd.base.clock import from_local
from surveyd.base.database import reading
from surveyd.base.services import services
from surveyd.distribution.blackouts import BlackoutLine, list_blackouts
from surveyd.distribution.calendar import Mark, PlannedWave, calendar_span, waves_between
from surveyd.distribution.models import WaveState
from surveyd.distribution.programs import list_programs
from surveyd.distribution.proposals import ProposalLine, last_proposal, list_proposals
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp
from surveyd.web.staff.timing_forms import BlackoutForm

FIRST_YEAR, LAST_YEAR = 2000, 2100
LEFT, WIDTH, TOP, ROW = 200, 960, 32, 40
"""The drawing's measures: where the year begins, how wide it is, its head, the height of one wave."""


@dataclass(frozen=True, slots=True)
class Dot:
    """One mark of a bar."""

    x: float
    mark: Mark


@dataclass(frozen=True, slots=True)
class Bar:
    """One wave as the drawing has it."""

    wave: PlannedWave
    y: int
    x: float
    width: float
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """One proposal as the drawing has it."""

    proposal: ProposalLine
    y: int
    x: float
    width: float
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """One blackout period as the drawing has it."""

    blackout: BlackoutLine
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Event:
    """One day of one wave, for the list."""

    wave: PlannedWave
    mark: Mark


@dataclass(frozen=True, slots=True)
class Month:
    """A month in which something happens; `first` is its first day."""

    first: date
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """One year of waves, in the reader's zone."""

    year: int
    waves: list[PlannedWave]
    years: tuple[int, int] | None
    zone: ZoneInfo
    now: datetime
    proposals: list[ProposalLine]
    blackouts: list[BlackoutLine]
    form: BlackoutForm
    problem: str = ""

    @property
    def title(self) -> str:
        """The page's answer."""
        ahead = sum(wave.begins > self.now for wave in self.waves)
        if not self.waves and self.proposals:
            return ngettext(
                "1 wave is proposed for %(year)s",
                "%(n)s waves are proposed for %(year)s",
                len(self.proposals),
                n=number(len(self.proposals)),
                year=self.year,
            )
        if not self.waves:
            return _("No wave runs in %(year)s", year=self.year)
        return ngettext(
            "1 wave in %(year)s, %(ahead)s still to come",
            "%(many)s waves in %(year)s, %(ahead)s still to come",
            len(self.waves),
            many=number(len(self.waves)),
            year=self.year,
            ahead=number(ahead),
        )

    @property
    def before(self) -> int | None:
        """The year before, when a wave ran in it or earlier."""
        return self.year - 1 if self.years and self.years[0] < self.year else None

    @property
    def behind(self) -> int | None:
        return self.year + 1 if self.years and self.years[1] > self.year else None

    @property
    def height(self) -> int:
        return TOP + ROW * (len(self.waves) + len(self.proposals))

    @property
    def heads(self) -> list[tuple[float, date]]:
        """The first day of each month and where it stands."""
        firsts = [date(self.year, month, 1) for month in range(1, 13)]
        return [(self._x(first), first) for first in firsts]

    @property
    def today(self) -> float | None:
        """Where today stands, if it is in this year."""
        today = self.now.astimezone(self.zone).date()
        return self._x(today) if today.year == self.year else None

    @property
    def bars(self) -> list[Bar]:
        """The waves as bars, cut off at the ends of the year."""
        return [self._bar(wave, TOP + ROW * place) for place, wave in enumerate(self.waves)]

    @property
    def drafts(self) -> list[Draft]:
        """The proposals as bars below the waves."""
        lines = enumerate(self.proposals, len(self.waves))
        return [self._draft(line, TOP + ROW * place) for place, line in lines]

    @property
    def bands(self) -> list[Band]:
        """The blackout periods, cut off at the ends of the year."""
        found = []
        for blackout in self.blackouts:
            start = max(self._x(blackout.first_day), LEFT)
            end = min(self._x(blackout.last_day + timedelta(days=1)), WIDTH)
            found.append(Band(blackout, start, round(max(end - start, 2.0), 1)))
        return found

    @property
    def months(self) -> list[Month]:
        """What happens in the year, by month."""
        events = [Event(wave, mark) for wave in self.waves for mark in wave.marks]
        events = [event for event in events if self._day(event).year == self.year]
        ordered = sorted(events, key=lambda event: (event.mark.at, event.wave.id))
        months = groupby(ordered, key=lambda event: self._day(event).replace(day=1))
        return [Month(first, tuple(found)) for first, found in months]

    def _bar(self, wave: PlannedWave, y: int) -> Bar:
        start, end = (self._x(self._local(at)) for at in (wave.begins, wave.closes))
        dots = (Dot(self._x(self._local(mark.at)), mark) for mark in wave.marks)
        inside = tuple(dot for dot in dots if LEFT <= dot.x <= WIDTH)
        start, end = max(start, LEFT), min(end, WIDTH)
        return Bar(wave, y, start, round(max(end - start, 2.0), 1), inside)

    def _draft(self, line: ProposalLine, y: int) -> Draft:
        start, end = (self._x(self._local(at)) for at in (line.begins, line.closes))
        dots = (Dot(self._x(self._local(mark.at)), mark) for mark in line.marks)
        inside = tuple(dot for dot in dots if LEFT <= dot.x <= WIDTH)
        return Draft(line, y, start, round(max(min(end, WIDTH) - start, 2.0), 1), inside)

    def _x(self, day: date) -> float:
        first, last = date(self.year, 1, 1), date(self.year + 1, 1, 1)
        return round(LEFT + (WIDTH - LEFT) * (day - first).days / (last - first).days, 1)

    def _day(self, event: Event) -> date:
        return self._local(event.mark.at)

    def _local(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()


def is_over(wave: PlannedWave) -> bool:
    """Whether a wave is drawn as past."""
    return wave.state is WaveState.CLOSED


def month_name(first: date, whole: bool = False) -> str:
    """A month as a word, short, or whole with its year."""
    return format_date(first, "MMMM y" if whole else "MMM")


bp.add_app_template_test(is_over, "over")
bp.add_app_template_filter(month_name)


@bp.get("/calendar", endpoint="calendar")
def show_calendar() -> str:
    """The waves of a year."""
    return calendar_page(BlackoutForm())


def calendar_page(form: BlackoutForm, *, problem: str = "") -> str:
    """The page as it stands; `form` and `problem` say what was wrong with what was sent."""
    zone, now = reader().zone, services().clock.now()
    year = request.args.get("year", type=int)
    if year is None or not FIRST_YEAR <= year <= LAST_YEAR:
        year = now.astimezone(zone).year
    start, end = (from_local(datetime(at, 1, 1), zone) for at in (year, year + 1))  # noqa: DTZ001  # a wall clock
    with reading() as session:
        span = calendar_span(session)
        first, last = date(year, 1, 1), date(year, 12, 31)
        form.program.choices = program_choices(session)
        page = CalendarPage(
            year,
            waves_between(session, start, end),
            _years(span, last_proposal(session), zone),
            zone,
            now,
            list_proposals(session, first=first, last=last),
            list_blackouts(session, first=first, last=last),
            form,
            problem,
        )
    return render_template("staff/calendar.html", page=page)


def _years(
    span: tuple[datetime, datetime] | None, proposed: date | None, zone: ZoneInfo
) -> tuple[int, int] | None:
    """The first and the last year in which anything stands."""
    years = [at.astimezone(zone).year for at in span or ()] + ([proposed.year] if proposed else [])
    return (min(years), max(years)) if years else None


def program_choices(session: Session) -> list[SelectChoice]:
    """The programs that a period can hold for, and all of them."""
    everywhere = SelectChoice("", lazy_gettext("all programs"))
    return [everywhere, *(SelectChoice(str(one.id), one.slug) for one in list_programs(session))]
