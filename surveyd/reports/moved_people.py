"""The people behind a cell of the moves: where each stood in the wave before, and where they stand now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.base.keyset import PAGE, Order, Wanted, slice_of
from surveyd.distribution.comparable_waves import wave_before
from surveyd.distribution.models import Wave
from surveyd.distribution.shown_waves import offered_waves
from surveyd.people.access import NOBODY, Reach, Scope
from surveyd.people.models import Account, Contact
from surveyd.reports.accounts_states import PLACES
from surveyd.reports.words import STATES
from surveyd.results.movement import people_between
from surveyd.results.revenue import NOT_ASKED

SORTS = ("name", "account")
FILTERS = ("wave", "since", "before", "now", "region")
MOST_WAVES = 24


@dataclass(frozen=True, slots=True)
class MovedPerson:
    """One person; `response_id` is their response in the later wave, if there is one."""

    contact_id: int
    name: str
    role: str
    account_id: int
    account: str
    before: str
    now: str
    response_id: int | None


@dataclass(frozen=True, slots=True)
class MovedPeople:
    """A page of the people whom both waves have asked, as narrowed; `total` counts them all."""

    lines: tuple[MovedPerson, ...]
    total: int
    wave: str
    since: str
    wanted: Wanted
    after: str
    names: ClassVar[Mapping[str, object]] = STATES

    @property
    def title(self) -> str:
        """The page's answer."""
        if not self.total:
            return str(_("Nobody has moved like that"))
        facts = {"since": self.since, "wave": self.wave}
        return str(
            ngettext(
                "1 person, from %(since)s to %(wave)s",
                "%(num)s people, from %(since)s to %(wave)s",
                self.total,
                **facts,
            )
        )


def moved_people(session: Session, *, scope: Scope, wanted: Wanted, limit: int = PAGE) -> MovedPeople | None:
    """The people of two waves, by name or account; None before there are two to choose from.

    Raises NotFound for waves that there are none of.
    """
    waves = _waves(session, wanted)
    if waves is None:
        return None
    wave, since = waves
    seen = _narrowed(scope, wanted.filters.get("region", ""))
    each = people_between(since.id, wave.id, scope=seen).subquery("each_person")
    asked = [each.c.before != NOT_ASKED, each.c.now != NOT_ASKED]
    for name, column in (("before", each.c.before), ("now", each.c.now)):
        if (place := wanted.filters.get(name, "")) in PLACES:
            asked.append(column == place)
    rows = (
        select(
            each.c.contact_id,
            Contact.name,
            Contact.role,
            Account.id.label("account_id"),
            Account.name.label("account"),
            each.c.before,
            each.c.now,
            each.c.response_id,
        )
        .join(Contact, Contact.id == each.c.contact_id)
        .join(Account, Account.id == each.c.account_id)
        .where(*asked)
    )
    by = Account.name.expression if wanted.column == "account" else Contact.name.expression
    page = slice_of(
        session, rows, Order(by, Contact.id.expression, wanted.descends), after=wanted.after, limit=limit
    )
    total = session.execute(select(func.count()).select_from(each).where(*asked)).scalar_one()
    lines = tuple(MovedPerson(*tuple(row)[:8]) for row in page.rows)
    return MovedPeople(lines, total, wave.slug, since.slug, wanted, page.after)


def _narrowed(scope: Scope, region: str) -> Scope:
    """The scope within one region; nobody for a leader of another one."""
    if not region or scope.reach is Reach.OWN_ACCOUNTS:
        return scope
    if scope.sees_all:
        return Scope(Reach.REGION, None, region)
    return scope if scope.region == region else NOBODY


def _waves(session: Session, wanted: Wanted) -> tuple[Wave, Wave] | None:
    """The later wave and the one to compare: as named, else the one shown unasked and the one before."""
    offered = offered_waves(session, most=MOST_WAVES)
    known = dict(zip(offered.names, offered.every, strict=True))
    wishes = [wanted.filters.get(name, "") for name in ("wave", "since")]
    for slug in wishes:
        if slug and slug not in known:
            raise NotFound("wave", slug)
    wave = known[wishes[0]] if wishes[0] else offered.shown
    if wave is None:
        return None
    since = known.get(wishes[1]) or wave_before(
        session, wave.id, program_id=wave.program_id, day_zero=wave.day_zero
    )
    return (wave, since) if since else None
