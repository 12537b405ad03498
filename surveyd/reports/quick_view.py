"""The quick view: one response on one page, the customer's name and facts on top."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from math import floor
from typing import Any
from urllib.parse import quote

from flask_babel import gettext as _
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.closed_loop.case_lists import CaseLine, list_cases
from surveyd.closed_loop.models import Case, CaseState
from surveyd.distribution.models import Invitation, Program, QuestionnaireVersion, Wave, WaveKind
from surveyd.forms.loading import from_data
from surveyd.people.access import Scope, visible_assigned, visible_by_account
from surveyd.people.models import Account, Contact, User
from surveyd.reports.answers import AnswerLine, answer_lines
from surveyd.reports.revisions import CorrectionLine, corrections_of
from surveyd.reports.score_versions import EarlierScore, current_score, earlier_scores
from surveyd.responses.models import Response
from surveyd.results.models import Score
from surveyd.results.policies import current
from surveyd.results.scores import ScoringKey, key_of
from surveyd.scoring.scale import Composite

EARLIER_AT_MOST = 10


@dataclass(frozen=True, slots=True)
class Earlier:
    """Another response of the same person."""

    response_id: int
    wave: str
    given_at: datetime
    recommendation: int | None
    segment: str


@dataclass(frozen=True, slots=True)
class Measure:
    """One index: a whole number from 0 to 100, resting on `answered` of the `asked` items that make it."""

    name: str
    value: int
    answered: int
    asked: int


@dataclass(frozen=True, slots=True)
class QuickView:
    """All there is to know of one response. `revenue_cents` is None where the reader may not see it.

    `sees_revenue` says whether they may: who was only handed a case of a foreign account sees no money.

    `recommendation` runs from 0 to 10; `category` and `segment` are empty when they were not measured.
    `rule` is the version of the scoring policy; `by_earlier_rules` is what versions before it said.
    `source` says in a few words how imported answers came. `silent_in` names the waves that asked the same
    person in vain. `cases` are those of the account.
    """

    response_id: int
    receipt: str
    given_at: datetime
    channel: str
    source: str
    interviewer: str
    company: str
    contact: str
    role: str
    email: str
    phone: str
    do_not_phone: bool
    opted_out_at: datetime | None
    time_zone: str
    account_id: int
    account: str
    country: str
    region: str
    tier: str
    sees_revenue: bool
    revenue_cents: int | None
    currency: str
    wave: str
    recommendation: int | None
    category: str
    segment: str
    explanation: tuple[str, ...]
    rule: str
    indexes: tuple[Measure, ...]
    stages: tuple[Measure, ...]
    answers: tuple[AnswerLine, ...]
    corrections: tuple[CorrectionLine, ...]
    case_id: int | None
    case_state: CaseState | None
    cases: tuple[CaseLine, ...]
    earlier: tuple[Earlier, ...]
    silent_in: tuple[str, ...]
    by_earlier_rules: tuple[EarlierScore, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the person is in this category and segment; the indexes have their own lines."""
        return self.explanation[: 2 if self.category else 1]

    @property
    def mail_link(self) -> str:
        """Where a mail to the person begins, its subject filled in; empty without an address."""
        if not self.email:
            return ""
        subject = _("Your answers to %(company)s", company=self.company)
        return f"mailto:{quote(self.email, safe='@')}?subject={quote(subject, safe='')}"


def quick_view(session: Session, response_id: int, *, scope: Scope) -> QuickView:
    """One response; its case's owner may see it as well. Raises NotFound, also outside the scope."""
    is_own = visible_by_account(scope, Response.account_id).label("is_own")
    row = session.execute(
        select(Response, Contact, Account, Wave, Program, QuestionnaireVersion, Case, Score, User, is_own)
        .join(Contact, Contact.id == Response.contact_id)
        .join(Account, Account.id == Response.account_id)
        .join(Wave, Wave.id == Response.wave_id)
        .join(Program, Program.id == Wave.program_id)
        .join(QuestionnaireVersion, QuestionnaireVersion.id == Response.version_id)
        .outerjoin(Case, Case.response_id == Response.id)
        .outerjoin(Score, Score.id == current_score(Response.id))
        .outerjoin(User, User.id == Response.interviewer_id)
        .where(Response.id == response_id, visible_assigned(scope, Response.account_id, Case.owner_id))
    ).one_or_none()
    if row is None:
        raise NotFound("response", response_id)
    return _view(session, row, scope)


def _view(session: Session, row: Row[*tuple[Any, ...]], scope: Scope) -> QuickView:
    response, contact, account, wave, program, version, case, score, asker, is_own = row
    questionnaire = from_data(version.definition)
    key = key_of(questionnaire, current(session))
    sees_revenue = scope.sees_revenue and bool(is_own)
    names = {"company": program.company, "contact": contact.name, "account": account.name}
    category = score.category or "" if score else ""
    return QuickView(
        response_id=response.id,
        receipt=response.receipt,
        given_at=response.given_at,
        channel=response.channel,
        source=response.source,
        interviewer=(asker.name or asker.email) if asker else "",
        company=program.company,
        contact=contact.name,
        role=contact.role.value,
        email=contact.email,
        phone=contact.phone,
        do_not_phone=contact.do_not_phone,
        opted_out_at=contact.opted_out_at,
        time_zone=contact.time_zone,
        account_id=account.id,
        account=account.name,
        country=account.country,
        region=account.region,
        tier=account.tier,
        sees_revenue=sees_revenue,
        revenue_cents=account.revenue_cents if sees_revenue else None,
        currency=account.currency,
        wave=wave.slug,
        recommendation=score.recommendation if score else None,
        category=category,
        segment=score.segment if score else "",
        explanation=tuple(score.explanation) if score else (),
        rule=score.rule_version if score else "",
        indexes=tuple(_indexes(score, key)) if score else (),
        stages=tuple(_stages(score, key)) if score else (),
        answers=tuple(answer_lines(questionnaire, response.answers, category=category, names=names)),
        corrections=corrections_of(
            session, response.id, questionnaire=questionnaire, category=category, names=names
        ),
        case_id=case.id if case else None,
        case_state=case.state if case else None,
        cases=tuple(list_cases(session, scope=scope, open_only=False, account_id=account.id)),
        earlier=tuple(_earlier(session, response, scope)),
        silent_in=tuple(_silent_in(session, response, scope)),
        by_earlier_rules=earlier_scores(session, response.id),
    )


def _indexes(score: Score, key: ScoringKey) -> Iterator[Measure]:
    for name, value, composite in (
        ("attitude", score.attitude, key.battery.attitude),
        ("intent", score.intent, key.battery.intent),
        ("ease", score.ease, key.ease),
    ):
        if value is not None:
            yield _measure(name, value, composite, score.inputs)


def _stages(score: Score, key: ScoringKey) -> Iterator[Measure]:
    for stage in key.stages:
        if (value := score.stages.get(stage.name)) is not None:
            yield _measure(stage.name, value, stage.composite, score.inputs)


def _measure(name: str, value: float, composite: Composite, inputs: dict[str, int]) -> Measure:
    asked = [item.id for item in composite.items]
    return Measure(name, floor(value + 0.5), sum(item in inputs for item in asked), len(asked))


def _earlier(session: Session, response: Response, scope: Scope) -> Iterator[Earlier]:
    rows = session.execute(
        select(Response.id, Wave.slug, Response.given_at, Score.recommendation, Score.segment)
        .join(Wave, Wave.id == Response.wave_id)
        .outerjoin(Case, Case.response_id == Response.id)
        .outerjoin(Score, Score.id == current_score(Response.id))
        .where(
            Response.contact_id == response.contact_id,
            Response.id != response.id,
            visible_assigned(scope, Response.account_id, Case.owner_id),
        )
        .order_by(Response.given_at.desc(), Response.id.desc())
        .limit(EARLIER_AT_MOST)
    )
    for response_id, wave, given_at, recommendation, segment in rows:
        yield Earlier(response_id, wave, given_at, recommendation, segment or "")


def _silent_in(session: Session, response: Response, scope: Scope) -> list[str]:
    in_vain = (
        select(Wave.slug)
        .join(Invitation, Invitation.wave_id == Wave.id)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(
            Wave.kind == WaveKind.PROGRAM,
            Invitation.contact_id == response.contact_id,
            Response.id.is_(None),
            visible_by_account(scope, Invitation.account_id),
        )
        .order_by(Invitation.invited_at.desc(), Invitation.id.desc())
        .limit(EARLIER_AT_MOST)
    )
    return list(session.scalars(in_vain))
