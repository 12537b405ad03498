"""What intake has to know of one invitation, in one read: who was asked, where, who looks after them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from surveyd.base.database import Rows
from surveyd.base.errors import NotFound
from surveyd.base.prepared import Prepared
from surveyd.base.statements import table_of
from surveyd.distribution.address_wishes import stopped_address
from surveyd.distribution.invitations import ToCome, to_come
from surveyd.distribution.models import (
    Invitation,
    Program,
    QuestionnaireVersion,
    Suppression,
    Wave,
    WaveKind,
    WaveState,
)
from surveyd.distribution.seal_models import Seal
from surveyd.people.comparable import converted, rate_between, reporting_at
from surveyd.people.models import Account, Contact, StaffRole, User
from surveyd.responses.answers import Asked
from surveyd.responses.models import Draft
from surveyd.results.policies import CURRENT_DIGEST

CLOSED = frozenset({WaveState.CLOSED, WaveState.CANCELLED})

_invitation, _wave, _program = table_of(Invitation), table_of(Wave), table_of(Program)
_contact, _account, _user = table_of(Contact), table_of(Account), table_of(User)
_version, _draft = table_of(QuestionnaireVersion), table_of(Draft)
_suppression, _seal = table_of(Suppression), table_of(Seal)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to write to: a contact or a user, with the name that a mail may use and, if known, a zone."""

    id: int
    name: str
    email: str
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class Background:
    """One invitation with all that the rules and the mails need; ``owner`` is the active account manager.

    ``revenue_cents`` is in the unit of ``large_from_cents``, None where no rate converts it.
    """

    asked: Asked
    digest: str
    language: str
    program_id: int
    company: str
    sender_name: str
    wave_slug: str
    wave_state: WaveState
    wave_kind: WaveKind
    closes_at: datetime | None
    large_from_cents: int | None
    contact: Person
    may_be_mailed: bool
    account_name: str
    tier: str
    revenue_cents: int | None
    owner: Person | None
    has_draft: bool
    to_come: ToCome
    policy: str
    """The digest of the scoring policy in force."""

    def is_closed(self, given_at: datetime) -> bool:
        """Say whether the wave was over for answers given then."""
        return self.wave_state in CLOSED or (self.closes_at is not None and given_at >= self.closes_at)


# The version is the one the person was shown: a draft stays on the version it was begun on.
_answered_version = func.coalesce(_draft.c.version_id, _invitation.c.version_id)
# By the parameter and not by the column, so that SQLite begins with the invitation's own touches.
_this = bindparam("invitation_id", type_=_invitation.c.id.type)
# What makes an account large was worked out at launch, in the currency that sums were told in then.
_compared_in = reporting_at(_wave.c.launched_at)
BACKGROUND = Prepared(
    select(
        _invitation.c.id,
        func.coalesce(_seal.c.late_wave_id, _invitation.c.wave_id).label("wave_id"),
        _invitation.c.contact_id,
        _invitation.c.account_id,
        _invitation.c.language,
        _version.c.id.label("version_id"),
        _version.c.digest,
        _wave.c.program_id,
        _wave.c.slug.label("wave_slug"),
        _wave.c.state.label("wave_state"),
        _wave.c.kind.label("wave_kind"),
        _wave.c.closes_at,
        _wave.c.large_revenue_cents,
        _program.c.company,
        _program.c.sender_name,
        _contact.c.name.label("contact_name"),
        _contact.c.email.label("contact_email"),
        _contact.c.time_zone.label("contact_zone"),
        _suppression.c.reason.label("suppressed"),
        stopped_address(_program.c.id, _contact.c.email).label("no_more"),
        _account.c.name.label("account_name"),
        _account.c.tier,
        _account.c.revenue_cents,
        _account.c.currency,
        _compared_in.label("compared_in"),
        rate_between(_account.c.currency, _compared_in).label("rate"),
        _user.c.id.label("owner_id"),
        _user.c.name.label("owner_name"),
        _user.c.email.label("owner_email"),
        _user.c.time_zone.label("owner_zone"),
        _draft.c.invitation_id.label("draft_of"),
        *to_come(_this),
        CURRENT_DIGEST.label("policy"),
    )
    .join(_wave, _wave.c.id == _invitation.c.wave_id)
    .join(_program, _program.c.id == _wave.c.program_id)
    .join(_contact, _contact.c.id == _invitation.c.contact_id)
    .join(_account, _account.c.id == _invitation.c.account_id)
    .outerjoin(_suppression, _suppression.c.address == func.lower(_contact.c.email))
    # What comes after a wave was sealed is kept beside it.
    .outerjoin(_seal, _seal.c.wave_id == _invitation.c.wave_id)
    .outerjoin(_draft, _draft.c.invitation_id == _invitation.c.id)
    .join(_version, _version.c.id == _answered_version)
    .outerjoin(_user, (_user.c.id == _account.c.manager_id) & _user.c.active)
    .where(_invitation.c.id == _this)
)
FIRST_ADMIN = Prepared(
    select(_user.c.id, _user.c.name, _user.c.email, _user.c.time_zone)
    .where(_user.c.role == StaffRole.ADMIN, _user.c.active)
    .order_by(_user.c.id)
    .limit(1)
)


def read_background(rows: Rows, invitation_id: int) -> Background:
    """Return what is known of one invitation. Raises NotFound."""
    row = BACKGROUND.first(rows, {"invitation_id": invitation_id})
    if row is None:
        raise NotFound("invitation", invitation_id)
    return _background(row)


def owner_of(rows: Rows, background: Background) -> Person | None:
    """Return who sees to a case: the account manager, else the first active admin, else nobody."""
    if background.owner is not None:
        return background.owner
    row = FIRST_ADMIN.first(rows, {})
    return None if row is None else Person(row.id, row.name, row.email, row.time_zone)


def _background(row: Any) -> Background:
    return Background(
        asked=Asked(row.id, row.wave_id, row.contact_id, row.account_id, row.version_id),
        digest=row.digest,
        language=row.language,
        program_id=row.program_id,
        company=row.company,
        sender_name=row.sender_name,
        wave_slug=row.wave_slug,
        wave_state=row.wave_state,
        wave_kind=row.wave_kind,
        closes_at=row.closes_at,
        large_from_cents=row.large_revenue_cents,
        contact=Person(row.contact_id, row.contact_name, row.contact_email, row.contact_zone),
        may_be_mailed=_may_be_mailed(row),
        account_name=row.account_name,
        tier=row.tier,
        revenue_cents=converted(row.revenue_cents, row.currency, reporting=row.compared_in, rate=row.rate),
        owner=row.owner_id and Person(row.owner_id, row.owner_name, row.owner_email, row.owner_zone),
        has_draft=row.draft_of is not None,
        to_come=ToCome(row.touches, row.has_mail, row.has_call),
        policy=row.policy,
    )


def _may_be_mailed(row: Row[*tuple[Any, ...]]) -> bool:
    stopped = row.no_more or row.suppressed is not None
    return bool(row.contact_email) and not stopped
