"""A wave's progress in words: the same on the page and in what keeps the page fresh."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import ngettext

from surveyd.distribution.models import WaveState
from surveyd.distribution.progress import Progress, StepProgress
from surveyd.distribution.waves import WaveStatus
from surveyd.web.filters import moment, number, percent

SOON, LATER = 3, 30
"""How many seconds until the page looks again: while mails go out, and while they wait."""
MANY = 5_000
"""So many invitations make a look cost more: with each as many again the page looks a little later."""


@dataclass(frozen=True, slots=True)
class ProgressWords:
    """What a page says about a wave's progress at `now`."""

    status: WaveStatus
    progress: Progress
    now: datetime

    @property
    def is_preparing(self) -> bool:
        return self.status.state == WaveState.PREPARING

    @property
    def is_moving(self) -> bool:
        """Whether something is to change within moments."""
        step = self.progress.step
        return not self.status.paused and (self.is_preparing or bool(step and step.due))

    @property
    def again(self) -> int:
        """In how many seconds to look again; 0 is never."""
        if self.status.state not in (WaveState.PREPARING, WaveState.OPEN):
            return 0
        soon = SOON * (1 + self.status.invited // MANY)
        return min(soon, LATER) if self.is_moving else LATER

    @property
    def value(self) -> int:
        """How full the bar is, of `most`."""
        step = self.progress.step
        return self.progress.prepared if self.is_preparing else step.done if step else 1

    @property
    def most(self) -> int:
        step = self.progress.step
        most = self.progress.contacts if self.is_preparing else step.total if step else 1
        return max(most, self.value, 1)

    @property
    def count(self) -> str:
        """How much is done."""
        step = self.progress.step
        if self.is_preparing:
            done, most = number(self.progress.prepared), number(self.progress.contacts)
            return _("%(done)s of %(all)s contacts are looked at", done=done, all=most)
        if step is None:
            return _("All mails of this wave are out")
        told = _out(step)
        if not step.stopped:
            return told
        return _("%(told)s; %(stopped)s were stopped", told=told, stopped=number(step.stopped))

    @property
    def pace(self) -> str:
        """How fast it goes and how long it takes, or what it waits for."""
        step = self.progress.step
        if self.status.paused:
            return _("Paused: nothing goes out until you go on.")
        if self.is_preparing:
            return _("The first mails go out when all are looked at.")
        if step is None:
            return _("Nothing is left to send.")
        if step.due:
            return self._speed(step)
        if step.held:
            return _("%(held)s are held and wait for your word.", held=number(step.held))
        return ngettext(
            "1 is due later, on %(at)s.",
            "%(many)s are due later, the first on %(at)s.",
            step.later,
            many=number(step.later),
            at=moment(step.next_at),
        )

    @property
    def figures(self) -> Mapping[str, str]:
        """The wave's numbers."""
        status = self.status
        return {
            "invited": number(status.invited),
            "reached": number(status.reached),
            "started": number(status.started),
            "answered": number(status.answered),
            "owed": number(status.owed),
            "calls": number(status.calls["open"]),
        }

    @property
    def title(self) -> str:
        """The wave's answer."""
        status = self.status
        if self.is_preparing and not status.paused:
            return _("%(wave)s is being prepared", wave=status.wave)
        facts = {
            "answered": number(status.answered),
            "invited": number(status.invited),
            "share": percent(status.answered, status.invited),
        }
        if status.paused:
            return _("%(answered)s of %(invited)s have answered (%(share)s): paused", **facts)
        return _("%(answered)s of %(invited)s have answered (%(share)s)", **facts)

    @property
    def rate(self) -> str:
        """How many mails a second may go out."""
        if self.status.rate:
            return _("Now %(rate)s. 0 takes the limit away.", rate=number(self.status.rate))
        return _("Now without a limit. 0 takes the limit away.")

    def as_json(self) -> dict[str, object]:
        """All of it, for the page that is open."""
        return {
            "state": self.status.state,
            "paused": bool(self.status.paused),
            "value": self.value,
            "most": self.most,
            "again": self.again,
            "words": {
                "title": self.title,
                "count": self.count,
                "pace": self.pace,
                "rate": self.rate,
                "why": self.status.paused,
                **self.figures,
            },
        }

    def _speed(self, step: StepProgress) -> str:
        left = self.progress.left
        if left is None:
            return ngettext(
                "1 is due; none went out in the last minute.",
                "%(due)s are due; none went out in the last minute.",
                step.due,
                due=number(step.due),
            )
        pace = number(self.progress.per_minute)
        return _("%(pace)s a minute; what is due takes %(left)s more.", pace=pace, left=_span(left))


def _out(step: StepProgress) -> str:
    facts = {"sent": number(step.sent), "all": number(step.total)}
    if step.name == "invitation":
        return _("%(sent)s of %(all)s invitations are out", **facts)
    if step.name == "reminder":
        return _("%(sent)s of %(all)s reminders are out", **facts)
    return _("%(sent)s of %(all)s mails are out", **facts)


def _span(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    if seconds < 90:
        return _("%(n)s seconds", n=max(seconds, 1))
    if seconds < 90 * 60:
        return _("%(n)s minutes", n=round(seconds / 60))
    return _("%(n)s hours", n=round(seconds / 3600))
