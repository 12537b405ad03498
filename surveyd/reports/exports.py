"""Responses as a table: a row each with every raw answer and score, for files that redo our numbers.

One row for everybody who has answered, or for everybody who was asked: without those who stayed silent
neither a response rate nor an interval of a known population can be worked out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from json import JSONDecoder
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, String, Text, and_, cast, func, select, type_coerce
from sqlalchemy.orm import Session

from surveyd.base.statements import table_of
from surveyd.distribution.models import Invitation, QuestionnaireVersion, Wave
from surveyd.forms.loading import from_data
from surveyd.people.access import Scope, visible_accounts, visible_by_account
from surveyd.people.models import Account, Contact, User
from surveyd.responses.models import Response
from surveyd.results.models import Score
from surveyd.results.people_shapes import CUSTOM
from surveyd.results.phases import PHASES, phase_of_response
from surveyd.results.policies import CURRENT_RULE

ROWS_AT_ONCE = 1000
KEPT_TEXTS = 4096
STAGE = "stage:"
ITEM = "item:"

PERSON = ("receipt", "invitation", "contact", "account", "wave", "channel", "source", "given_at", "step")
FACTS = (
    "role",
    "language",
    "parent",
    "country",
    "region",
    "business_unit",
    "branch",
    "account_channel",
    "product_line",
    "tier",
    "manager",
)
MONEY = ("revenue", "currency")
SCORED = ("policy", "nps", "category", "attitude", "intent", "growth", "ease", "segment", "severity")
GIVEN_AT, STEP, REVENUE = PERSON.index("given_at"), PERSON.index("step"), len((*PERSON, *FACTS, *SCORED))
OWN = CUSTOM
READ = JSONDecoder().raw_decode

PARENT = table_of(Account).alias("parents")
COLUMNS = (
    # As text: what stands in many rows is then read once.
    cast(Response.answers, Text),
    cast(Score.stages, Text),
    cast(Account.dimensions, Text),
    # From here on as they stand in the file.
    Response.receipt,
    Invitation.id,
    Contact.external_id,
    Account.external_id,
    Wave.slug,
    Response.channel,
    Response.source,
    Response.given_at,
    phase_of_response(),
    type_coerce(Contact.role, String),
    Invitation.language,
    PARENT.c.external_id,
    Account.country,
    Account.region,
    Account.business_unit,
    Account.branch,
    Account.channel,
    Account.product_line,
    Account.tier,
    User.email,
    Score.rule_version,
    Score.recommendation,
    Score.category,
    Score.attitude,
    Score.intent,
    Score.growth,
    Score.ease,
    Score.segment,
    Score.severity,
)
"""What is read of each row: the three that hold several cells, then the others."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is exported: some waves or all, only who answered or everybody who was asked.

    `where` narrows it further, by conditions on accounts, contacts, invitations, responses and scores.
    """

    wave_ids: tuple[int, ...] | None = None
    with_silent: bool = False
    where: tuple[ColumnElement[bool], ...] = ()


@dataclass(frozen=True, slots=True)
class ResponseTable:
    """The head and, read when asked for, the rows; a cell is text, a number or None.

    `items`, `stages` and `own` are the names of what varies: answers, journey stages, added dimensions.
    """

    head: tuple[str, ...]
    items: tuple[str, ...]
    stages: tuple[str, ...]
    own: tuple[str, ...]
    sees_revenue: bool
    query: Select[*tuple[Any, ...]]

    def rows(self, session: Session) -> Iterator[list[object]]:
        """The rows by invitation, some at a time: however many there are, the memory stays the same."""
        own, stages = _Cells(self.own), _Cells(self.stages)
        # By the connection, so that no row goes through the ORM.
        found = session.connection().execute(self.query.execution_options(yield_per=ROWS_AT_ONCE))
        for row in found:
            yield self._cells(row, own, stages)

    def count(self, session: Session) -> int:
        """How many rows there are."""
        counted = self.query.order_by(None).with_only_columns(func.count())
        return session.execute(counted).scalar_one()

    def _cells(self, row: Row[*tuple[Any, ...]], by_own: "_Cells", by_stage: "_Cells") -> list[object]:
        answers, stages, own, *cells = row
        if cells[GIVEN_AT]:
            cells[GIVEN_AT] = cells[GIVEN_AT].isoformat()
        cells[STEP] = PHASES[cells[STEP]] if answers is not None else None
        if self.sees_revenue and cells[REVENUE] is not None:
            cells[REVENUE] /= 100
        cells += by_own[own]
        cells += _said(answers, self.items)
        cells += by_stage[stages]
        return cells


class _Cells(dict[str | None, Sequence[object]]):
    """The cells under `names` by the text of their JSON: many rows have the same text, which is read once."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.names = names

    def __missing__(self, text: str | None) -> Sequence[object]:
        found = tuple(_said(text, self.names))
        if len(self) < KEPT_TEXTS:
            self[text] = found
        return found


def _said(text: str | None, names: Sequence[str]) -> Iterator[object]:
    return map((READ(text)[0] if text else {}).get, names)


def response_table(session: Session, *, scope: Scope, wanted: Wanted | None = None) -> ResponseTable:
    """The table of what `scope` may see; who sees no revenue gets no column of it. Two statements or three.

    Numbers are raw: answers as they were given, indexes from 0 to 100 in full, revenue in whole units of its
    currency. Times are ISO 8601 in UTC. An item with the name of another column has `item:` before it.
    `policy` is the version of the rule that has scored the row. A parent out of sight is left out.
    """
    wish = wanted or Wanted()
    items, stages = _measured(session, wish)
    own = _own_dimensions(session, scope)
    money = MONEY if scope.sees_revenue else ()
    added, by_stage = (OWN + name for name in own), (STAGE + name for name in stages)
    ours = {*PERSON, *FACTS, *SCORED, *money}
    answers = (ITEM + name if name in ours else name for name in items)
    head = (*PERSON, *FACTS, *SCORED, *money, *added, *answers, *by_stage)
    return ResponseTable(head, items, stages, own, scope.sees_revenue, _query(scope, wish))


def _measured(session: Session, wanted: Wanted) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The answers' names in the order of the questionnaires, and the stages that they ask about."""
    asked = select(Invitation.version_id)
    given = select(Response.version_id)
    if wanted.wave_ids is not None:
        asked = asked.where(Invitation.wave_id.in_(wanted.wave_ids))
        given = given.where(Response.wave_id.in_(wanted.wave_ids))
    either = QuestionnaireVersion.id.in_(asked.union(given))
    names: dict[str, None] = {}
    stages: dict[str, None] = {}
    query = select(QuestionnaireVersion.definition).where(either).order_by(QuestionnaireVersion.id)
    for definition in session.scalars(query):
        questionnaire = from_data(definition)
        names |= dict.fromkeys(questionnaire.items)
        staged = [item.measures.removeprefix(STAGE) for item in questionnaire.measuring(STAGE) if item.scale]
        stages |= dict.fromkeys(staged)
    return tuple(names), tuple(stages)


def _own_dimensions(session: Session, scope: Scope) -> tuple[str, ...]:
    names: set[str] = set()
    for dimensions in session.scalars(select(Account.dimensions).where(visible_accounts(scope)).distinct()):
        names |= set(dimensions)
    return tuple(sorted(names))


def _query(scope: Scope, wanted: Wanted) -> Select[*tuple[Any, ...]]:
    scored = and_(Score.response_id == Response.id, Score.rule_version == CURRENT_RULE)
    query = (
        select(*COLUMNS, *((Account.revenue_cents, Account.currency) if scope.sees_revenue else ()))
        .select_from(Invitation)
        .join(Contact, Contact.id == Invitation.contact_id)
        .join(Account, Account.id == Invitation.account_id)
        .join(Wave, Wave.id == Invitation.wave_id)
        .join(Response, Response.invitation_id == Invitation.id, isouter=wanted.with_silent)
        .outerjoin(Score, scored)
        .outerjoin(PARENT, and_(PARENT.c.id == Account.parent_id, visible_by_account(scope, PARENT.c.id)))
        .outerjoin(User, User.id == Account.manager_id)
        .where(visible_accounts(scope), *wanted.where)
        .order_by(Invitation.id)
    )
    return query if wanted.wave_ids is None else query.where(Invitation.wave_id.in_(wanted.wave_ids))
