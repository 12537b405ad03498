"""A correction of sent answers: both values are kept, and what counts is scored anew.

The receipt and the time at which the answers were given stay. Of several corrections at once each is
written, one after the other: the number of a revision is taken once.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, bindparam, delete, func, or_, select, update

from surveyd.base.database import Rows
from surveyd.base.errors import NotFound, Refused, Unavailable
from surveyd.base.statements import insert_into, table_of
from surveyd.closed_loop.background import Background, read_background
from surveyd.closed_loop.follow_up import heard, open_and_alert
from surveyd.closed_loop.intake import Office
from surveyd.closed_loop.rules import judge
from surveyd.distribution.models import (
    AfterSending,
    Invitation,
    Program,
    QuestionnaireVersion,
    Wave,
    WaveKind,
)
from surveyd.distribution.outbox import queue
from surveyd.forms.conditions import Answers
from surveyd.responses.answers import DROP_DRAFT, AnswerChannel
from surveyd.responses.models import Response, Revision
from surveyd.results import policies, scores
from surveyd.results.models import Score
from surveyd.results.policies import LIVE_RULES
from surveyd.results.scores import ResponseScore, ScoredResponse

TRIES = 10

_response, _revision, _score = table_of(Response), table_of(Revision), table_of(Score)
_invitation, _wave, _program = table_of(Invitation), table_of(Wave), table_of(Program)
_version = table_of(QuestionnaireVersion)
_revisions = (
    select(func.max(_revision.c.number)).where(_revision.c.response_id == _response.c.id).scalar_subquery()
)
CURRENT = (
    select(
        _response.c.id,
        _response.c.receipt,
        _response.c.answers,
        _response.c.version_id,
        _version.c.digest,
        _program.c.after_sending,
        _wave.c.kind,
        func.coalesce(_revisions, 0).label("revisions"),
    )
    .join(_version, _version.c.id == _response.c.version_id)
    .join(_wave, _wave.c.id == _response.c.wave_id)
    .join(_program, _program.c.id == _wave.c.program_id)
    .where(_response.c.invitation_id == bindparam("invitation_id"))
)
CORRECT = update(_response).where(_response.c.id == bindparam("response")).values(answers=bindparam("new"))
# A version that history is being rescored by has its score written anew behind this one. The rule at hand
# may have been retired since it was read.
DROP_SCORES = delete(_score).where(
    _score.c.response_id == bindparam("response"),
    or_(_score.c.rule_version.in_(LIVE_RULES), _score.c.rule_version == bindparam("rule")),
)


@dataclass(frozen=True, slots=True)
class Correction:
    """What a correction came to: the first receipt's number, and which revision this is, 0 for no change.

    `queued` counts the mails that were queued: the edge rings the bell after its commit if there are any.
    """

    receipt: str
    response_id: int
    number: int
    case_id: int | None = None
    queued: int = 0


def correct(
    rows: Rows,
    invitation_id: int,
    *,
    answers: Answers,
    channel: AnswerChannel,
    now: datetime,
    office: Office,
    by: int | None = None,
) -> Correction:
    """Put `answers` in the place of those that were sent; ``by`` is the user who asked on the phone, or None.

    The old ones are kept as a revision, the score is replaced, a case is opened if the rules now ask for one
    and there is none, and nobody is thanked again. The same answers once more change nothing; either way the
    begun correction is put away. Raises NotFound where nothing was sent, and Refused once the wave is closed
    or where the program does not let answers be corrected.
    """
    background = read_background(rows, invitation_id)
    for _ in range(TRIES):
        current = rows.execute(CURRENT, {"invitation_id": invitation_id}).one_or_none()
        if current is None:
            raise NotFound("response to invitation", invitation_id)
        _check(background, current, now)
        DROP_DRAFT.change(rows, {"of_invitation": invitation_id})
        if current.answers == dict(answers):
            return Correction(current.receipt, current.id, 0)
        if _take_number(rows, current, answers=answers, channel=channel, now=now, by=by):
            return _take_effect(rows, background, current, answers=answers, now=now, office=office)
    raise Unavailable("correction", "it is being made from too many places at once; send it again")


def _check(background: Background, current: Row[*tuple[object, ...]], now: datetime) -> None:
    if background.is_closed(now):
        raise Refused("The survey is closed: the answers stay as they were sent.")
    # What somebody said of a closed case has had its effect on the case.
    if current.after_sending is not AfterSending.CORRECT or current.kind is not WaveKind.PROGRAM:
        raise Refused("Answers of this program stay as they were sent.")


def _take_number(
    rows: Rows,
    current: Row[*tuple[object, ...]],
    *,
    answers: Answers,
    channel: AnswerChannel,
    now: datetime,
    by: int | None,
) -> bool:
    """Write the revision under the next number; False when another correction has taken it meanwhile."""
    insert = insert_into(rows, Revision).on_conflict_do_nothing(index_elements=["response_id", "number"])
    row = {
        "response_id": current.id,
        "number": current.revisions + 1,
        "before": current.answers,
        "after": dict(answers),
        "channel": channel.value,
        "user_id": by,
        "at": now,
    }
    return rows.execute(insert.returning(_revision.c.id), row).scalar_one_or_none() is not None


def _take_effect(
    rows: Rows,
    background: Background,
    current: Row[*tuple[object, ...]],
    *,
    answers: Answers,
    now: datetime,
    office: Office,
) -> Correction:
    rows.execute(CORRECT, {"response": current.id, "new": dict(answers)})
    score = _score_anew(rows, background, current, answers=answers, now=now)
    number = current.revisions + 1
    # Nobody is drawn a second time: the random sample has counted this person when they answered.
    opening = judge(heard(background, score), drawn=False)
    if opening is None:
        return Correction(current.receipt, current.id, number)
    case_id, mail = open_and_alert(
        rows, background, opening, response_id=current.id, given_at=now, score=score, now=now
    )
    if mail is not None:
        queue(rows, [mail], mail_domain=office.mail_domain)
    return Correction(current.receipt, current.id, number, case_id=case_id, queued=int(mail is not None))


def _score_anew(
    rows: Rows,
    background: Background,
    current: Row[*tuple[object, ...]],
    *,
    answers: Answers,
    now: datetime,
) -> ResponseScore:
    """Replace the score by this rule; the one before can be worked out again from the revision."""
    policy = policies.with_digest(rows, background.policy)
    key = scores.key_of_version(rows, version_id=current.version_id, digest=current.digest, policy=policy)
    score = scores.score(answers, key=key)
    rows.execute(DROP_SCORES, {"response": current.id, "rule": score.rule})
    asked = background.asked
    scored = ScoredResponse(current.id, asked.wave_id, asked.account_id)
    scores.store(rows, scored, of=score, now=now)
    return score
