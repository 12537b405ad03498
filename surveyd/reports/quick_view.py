"""The quick view: one response on one page, the customer's name and facts on top."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session, aliased

from surveyd.base.errors import NotFound
from surveyd.closed_loop.models import Case, CaseState
from surveyd.distribution.models import Program, QuestionnaireVersion, Wave
from surveyd.forms.definition import NOT_APPLICABLE, Answer, Item, Questionnaire, Texts
from surveyd.forms.loading import from_data
from surveyd.people.access import Scope, visible_assigned
from surveyd.people.models import Account, Contact, User
from surveyd.responses.models import Response
from surveyd.results.models import Score

LANGUAGE = "en"
EARLIER_AT_MOST = 10


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One answered question in words; `is_verbatim` is what the person wrote."""

    question: str
    answer: str
    is_verbatim: bool


@dataclass(frozen=True, slots=True)
class Earlier:
    """Another response of the same person."""

    response_id: int
    wave: str
    given_at: datetime
    recommendation: int | None
    segment: str


@dataclass(frozen=True, slots=True)
class QuickView:
    """All there is to know of one response. `revenue_cents` is None where the reader may not see it.

    `recommendation` runs from 0 to 10; `category` and `segment` are empty when they were not measured.
    """

    response_id: int
    receipt: str
    given_at: datetime
    channel: str
    interviewer: str
    contact: str
    role: str
    phone: str
    account_id: int
    account: str
    country: str
    region: str
    tier: str
    revenue_cents: int | None
    currency: str
    wave: str
    recommendation: int | None
    category: str
    segment: str
    explanation: tuple[str, ...]
    answers: tuple[AnswerLine, ...]
    case_id: int | None
    case_state: CaseState | None
    earlier: tuple[Earlier, ...]


def quick_view(session: Session, response_id: int, *, scope: Scope) -> QuickView:
    """One response; its case's owner may see it as well. Raises NotFound, also outside the scope."""
    row = session.execute(
        select(Response, Contact, Account, Wave, Program, QuestionnaireVersion, Case, Score, User)
        .join(Contact, Contact.id == Response.contact_id)
        .join(Account, Account.id == Response.account_id)
        .join(Wave, Wave.id == Response.wave_id)
        .join(Program, Program.id == Wave.program_id)
        .join(QuestionnaireVersion, QuestionnaireVersion.id == Response.version_id)
        .outerjoin(Case, Case.response_id == Response.id)
        .outerjoin(Score, Score.id == latest_score(Response.id))
        .outerjoin(User, User.id == Response.interviewer_id)
        .where(Response.id == response_id, visible_assigned(scope, Response.account_id, Case.owner_id))
    ).one_or_none()
    if row is None:
        raise NotFound("response", response_id)
    return _view(row, scope, tuple(_earlier(session, row.Response)))


def latest_score(response_id: Any) -> Any:
    """The id of a response's score by the newest rule, as a subquery."""
    any_rule = aliased(Score)
    return select(func.max(any_rule.id)).where(any_rule.response_id == response_id).scalar_subquery()


def _view(row: Row[*tuple[Any, ...]], scope: Scope, earlier: tuple[Earlier, ...]) -> QuickView:
    response, contact, account, wave, program, version, case, score, asker = row
    questionnaire = from_data(version.definition)
    names = {"company": program.company, "contact": contact.name, "account": account.name}
    category = score.category or "" if score else ""
    return QuickView(
        response_id=response.id,
        receipt=response.receipt,
        given_at=response.given_at,
        channel=response.channel,
        interviewer=(asker.name or asker.email) if asker else "",
        contact=contact.name,
        role=contact.role.value,
        phone=contact.phone,
        account_id=account.id,
        account=account.name,
        country=account.country,
        region=account.region,
        tier=account.tier,
        revenue_cents=account.revenue_cents if scope.sees_revenue else None,
        currency=account.currency,
        wave=wave.slug,
        recommendation=score.recommendation if score else None,
        category=category,
        segment=score.segment if score else "",
        explanation=tuple(score.explanation) if score else (),
        answers=tuple(answer_lines(questionnaire, response.answers, category=category, names=names)),
        case_id=case.id if case else None,
        case_state=case.state if case else None,
        earlier=earlier,
    )


def answer_lines(
    questionnaire: Questionnaire, answers: dict[str, Answer], *, category: str, names: dict[str, str]
) -> Iterator[AnswerLine]:
    """What was answered, in the order of the questions; what was not is left out."""
    for item in questionnaire.items.values():
        given = answers.get(item.id)
        if given is None or given == "":
            continue
        asked = item.text_for.get(category, item.text)
        yield AnswerLine(
            _piped(_text(asked), names), _in_words(item, given, names), item.measures == "verbatim"
        )


def _in_words(item: Item, given: Answer, names: dict[str, str]) -> str:
    if given == NOT_APPLICABLE:
        return "does not apply"
    if item.scale is not None:
        ends = {str(item.scale.low): item.scale.low_end, str(item.scale.high): item.scale.high_end}
        end = ends.get(str(given))
        return f"{given} of {item.scale.high}" + (f", {_text(end).lower()}" if end else "")
    chosen = [option for option in item.options if option.value == str(given)]
    return _piped(_text(chosen[0].text), names) if chosen else str(given)


def _text(texts: Texts) -> str:
    return texts.get(LANGUAGE) or next(iter(texts.values()), "")


def _piped(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _earlier(session: Session, response: Response) -> Iterator[Earlier]:
    rows = session.execute(
        select(Response.id, Wave.slug, Response.given_at, Score.recommendation, Score.segment)
        .join(Wave, Wave.id == Response.wave_id)
        .outerjoin(Score, Score.id == latest_score(Response.id))
        .where(Response.contact_id == response.contact_id, Response.id != response.id)
        .order_by(Response.given_at.desc())
        .limit(EARLIER_AT_MOST)
    )
    for response_id, wave, given_at, recommendation, segment in rows:
        yield Earlier(response_id, wave, given_at, recommendation, segment or "")
