"""What an interviewer has beside the questionnaire: why we call, what was tried, what was said before."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.closed_loop.models import Case, CaseState
from surveyd.distribution.call_script import Why
from surveyd.distribution.calls import CallView
from surveyd.distribution.models import Message, MessageState, Wave
from surveyd.distribution.wish_models import Wish, WishKind
from surveyd.forms.definition import Answers, Questionnaire
from surveyd.people.access import Scope
from surveyd.reports.answers import AnswerLine, answer_lines
from surveyd.reports.score_versions import current_score
from surveyd.reports.verbatims import open_questions, written
from surveyd.responses.models import Draft, Response
from surveyd.results.models import Score

EARLIER_AT_MOST = 4


@dataclass(frozen=True, slots=True)
class Said:
    """An earlier response of the person; `words` are their answers to the open questions, whole.

    `recommendation`, `category` and `segment` are None or empty where they were not measured.
    """

    response_id: int
    wave: str
    given_at: datetime
    recommendation: int | None
    category: str
    segment: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Begun:
    """What of this questionnaire is answered already: how much, in words, when and by which channel."""

    lines: tuple[AnswerLine, ...]
    questions: int
    channel: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """They asked to be called: the number they named (E.164, empty for the known one) and when it suits."""

    phone: str
    suits: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Background:
    """All that stands beside the questions of one call.

    `mailed` are the mails of this wave that went out, as (step, when), the first one first. `cases` are the
    ids of the person's open cases that the reader may see. `may_look_back` is whether the reader may see
    what was said before: who sees all, and who has this call.
    """

    call: CallView
    wanted: Wanted | None
    mailed: tuple[tuple[str, datetime], ...]
    cases: tuple[int, ...]
    begun: Begun | None
    said: tuple[Said, ...]
    may_look_back: bool

    @property
    def why(self) -> Why:
        """The reason of this call: what they asked for comes first."""
        if self.call.row.back_at is not None:
            return Why.BACK
        if self.wanted is not None:
            return Why.ASKED
        return Why.STARTED if self.begun is not None else Why.SILENT


def background_of(
    session: Session, call: CallView, *, questionnaire: Questionnaire, answers: Answers, scope: Scope
) -> Background:
    """What stands beside the questions of `call`, whose `answers` so far are to this `questionnaire`.

    What was said before is that of this contact for this account, and is shown to whoever sees all and to who
    has claimed the call. No revenue is read. At most seven statements, however long the history is.
    """
    row = call.row
    said = said_before(session, call, scope=scope)
    names = {"company": call.company, "contact": row.name, "account": row.account}
    return Background(
        call=call,
        wanted=_wanted(session, row.invitation_id),
        mailed=_mailed(session, row.invitation_id),
        cases=_cases(session, call, scope),
        begun=_begun(session, row.invitation_id, questionnaire, answers, names),
        said=said or (),
        may_look_back=said is not None,
    )


def said_before(session: Session, call: CallView, *, scope: Scope) -> tuple[Said, ...] | None:
    """The last four answers of a call's contact for this account; None for who may not look back.

    Whoever sees all may, and who has claimed the call: it helps on the telephone, and nowhere else.
    """
    mine = scope.user_id is not None and call.row.claimed_by_id == scope.user_id
    return tuple(_said(session, call)) if scope.sees_all or mine else None


def _wanted(session: Session, invitation_id: int) -> Wanted | None:
    wish = session.get(Wish, invitation_id)
    if wish is None or wish.kind is not WishKind.CALL:
        return None
    return Wanted(wish.phone, wish.suits, wish.at)


def _mailed(session: Session, invitation_id: int) -> tuple[tuple[str, datetime], ...]:
    mails = (
        select(Message.step, Message.sent_at)
        .where(
            Message.invitation_id == invitation_id,
            Message.touch_id.is_not(None),
            Message.state == MessageState.SENT,
            Message.sent_at.is_not(None),
        )
        .order_by(Message.sent_at, Message.id)
    )
    return tuple((step, sent_at) for step, sent_at in session.execute(mails) if sent_at is not None)


def _cases(session: Session, call: CallView, scope: Scope) -> tuple[int, ...]:
    theirs = [Case.contact_id == call.row.contact_id, Case.account_id == call.row.account_id]
    mine = [] if scope.sees_all else [Case.owner_id == scope.user_id]
    is_open = Case.state != CaseState.CLOSED
    return tuple(session.scalars(select(Case.id).where(*theirs, *mine, is_open).order_by(Case.id)))


def _begun(
    session: Session,
    invitation_id: int,
    questionnaire: Questionnaire,
    answers: Answers,
    names: dict[str, str],
) -> Begun | None:
    lines = tuple(answer_lines(questionnaire, dict(answers), category="", names=names))
    found = session.execute(
        select(Draft.channel, Draft.updated_at).where(Draft.invitation_id == invitation_id)
    ).one_or_none()
    if found is None or not lines:
        return None
    return Begun(lines, len(questionnaire.items), found.channel, found.updated_at)


def _said(session: Session, call: CallView) -> Iterator[Said]:
    earlier = (
        select(Response, Wave.slug, Score.recommendation, Score.category, Score.segment)
        .join(Wave, Wave.id == Response.wave_id)
        .outerjoin(Score, Score.id == current_score(Response.id))
        .where(
            Response.contact_id == call.row.contact_id,
            Response.account_id == call.row.account_id,
            Response.invitation_id != call.row.invitation_id,
        )
        .order_by(Response.given_at.desc(), Response.id.desc())
        .limit(EARLIER_AT_MOST)
    )
    rows = session.execute(earlier).all()
    items = open_questions(session, [row.Response.version_id for row in rows])
    for response, wave, recommendation, category, segment in rows:
        words = written(response.answers, items.get(response.version_id, []))
        yield Said(response.id, wave, response.given_at, recommendation, category or "", segment or "", words)
