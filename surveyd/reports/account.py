"""One account: its facts, every contact with where they stand, the cases, and how it was in earlier waves."""

from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from surveyd.base.keyset import PAGE
from surveyd.closed_loop.case_lists import CaseLine, list_cases
from surveyd.distribution.comparable_waves import with_before
from surveyd.distribution.nominations import NominationLine, waiting_at
from surveyd.distribution.shown_waves import offered_waves
from surveyd.people.access import Scope
from surveyd.people.accounts import find_account
from surveyd.people.families import Parent, parent_of
from surveyd.people.models import Account, User
from surveyd.reports.account_groups import Group, Standpoint, stands_with_group
from surveyd.reports.account_people import People, at_high_risk, people_of
from surveyd.reports.account_standing import StandingView
from surveyd.reports.account_unheard import Unheard, unheard
from surveyd.reports.account_waves import WAVES, WaveOfAccount, waves_of
from surveyd.results.asked import wave_asked
from surveyd.results.policies import current


@dataclass(frozen=True, slots=True)
class AccountView:
    """One account whole; revenue is None where the reader may not see it. `waves` begins with the latest,
    `wave` is the one that the page is about: where the account stands now.

    `excuses` are of people who say that they are not the right person, until somebody has looked.
    `facts` are those that this account has, each with its name; `at_risk` names people at high risk.
    `unheard` are asked by that wave and silent so far; `group` is there for a parent.
    """

    id: int
    name: str
    external_id: str
    country: str
    region: str
    tier: str
    status: str
    manager: str
    revenue_cents: int | None
    currency: str
    renewal_date: date | None
    facts: tuple[tuple[str, str], ...]
    parent: Parent | None
    wave: str
    standing: StandingView
    group: Group | None
    unheard: tuple[Unheard, ...]
    at_risk: tuple[str, ...]
    excuses: tuple[NominationLine, ...]
    people: People
    waves: tuple[WaveOfAccount, ...]
    cases: tuple[CaseLine, ...]

    @property
    def latest(self) -> WaveOfAccount | None:
        """The wave that the page is about, where it asked somebody of this account."""
        return next((one for one in self.waves if one.wave == self.wave), None)

    @property
    def unheard_words(self) -> str:
        """Who is silent so far, each with the role."""
        named = ((one.name, gettext(one.role.replace("_", " "))) for one in self.unheard)
        return ", ".join(str(_("%(name)s (%(role)s)", name=name, role=role)) for name, role in named)

    @property
    def title(self) -> str:
        """The page's answer."""
        latest = self.latest
        if len(self.at_risk) == 1:
            return str(_("%(account)s: %(person)s at high risk", account=self.name, person=self.at_risk[0]))
        if self.at_risk:
            count = f"{len(self.at_risk):,}"
            return str(_("%(account)s: %(count)s people at high risk", account=self.name, count=count))
        if latest is None and self.waves:
            return str(_("%(account)s: not asked by %(wave)s", account=self.name, wave=self.wave))
        if latest is None:
            return str(_("%(account)s: nobody has been asked yet", account=self.name))
        if not latest.answered:
            return str(_("%(account)s: nobody has answered yet", account=self.name))
        whole = ngettext("1 person", "%(n)s people", latest.invited, n=f"{latest.invited:,}")
        said = f"{latest.answered:,}"
        return str(_("%(account)s: %(n)s of %(whole)s answered", account=self.name, n=said, whole=whole))


def account_view(
    session: Session, account_id: int, *, scope: Scope, now: datetime, after: str = "", limit: int = PAGE
) -> AccountView:
    """One account, its people from the key `after` on. Raises NotFound, also outside the scope."""
    account = find_account(session, account_id, scope=scope)
    manager = session.get(User, account.manager_id) if account.manager_id else None
    offered = offered_waves(session, most=WAVES)
    waves = offered.every
    standing_in = with_before(session, offered.shown)
    at = Standpoint(scope, wave_asked(session, standing_in, now), current(session), now)
    wave_id = at.wave.id
    standing, group = stands_with_group(session, account_id, at=at)
    return AccountView(
        id=account.id,
        name=account.name,
        external_id=account.external_id,
        country=account.country,
        region=account.region,
        tier=account.tier,
        status=account.status.value,
        manager=(manager.name or manager.email) if manager else "",
        revenue_cents=account.revenue_cents if scope.sees_revenue else None,
        currency=account.currency,
        renewal_date=account.renewal_date,
        facts=_facts(account),
        parent=parent_of(session, account, scope=scope),
        wave=offered.shown.slug if offered.shown else "",
        standing=standing,
        group=group,
        unheard=unheard(session, account_id, scope=scope, wave_id=wave_id),
        at_risk=tuple(at_high_risk(session, account_id, scope=scope)),
        excuses=waiting_at(session, account_id, scope=scope),
        people=people_of(session, account_id, scope=scope, wave_id=wave_id, after=after, limit=limit),
        waves=waves_of(session, account_id, scope=scope, waves=waves, policy=at.policy),
        cases=tuple(list_cases(session, scope=scope, open_only=False, account_id=account_id)),
    )


def _facts(account: Account) -> tuple[tuple[str, str], ...]:
    """What the company keeps about this account beyond what every account has."""
    known = (
        (_("Business unit"), account.business_unit),
        (_("Branch"), account.branch),
        (_("Channel"), account.channel),
        (_("Product line"), account.product_line),
        *((name, str(value)) for name, value in account.dimensions.items()),
    )
    return tuple((str(name), value) for name, value in known if value)
