"""The one door for a response: web page, phone interview, API and import all end here.

In the caller's one transaction the answers are stored and scored, what has become pointless is taken
back, a case is opened if a rule says so, and the mails are queued. Nothing of it happens twice, however
often the door is knocked at.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from surveyd.base.database import Rows
from surveyd.base.errors import Refused
from surveyd.base.tokens import Keys
from surveyd.closed_loop.background import Background, read_background
from surveyd.closed_loop.case_surveys import hear
from surveyd.closed_loop.follow_up import heard, open_and_alert
from surveyd.closed_loop.mails import thank_you
from surveyd.closed_loop.rules import DRAWN, judge
from surveyd.closed_loop.samples import draw, is_followed
from surveyd.distribution.invitations import answer, take_back
from surveyd.distribution.models import WaveKind
from surveyd.distribution.outbox import queue
from surveyd.forms.conditions import Answers
from surveyd.responses import answers as responses
from surveyd.responses.answers import AnswerChannel, Given, Stored
from surveyd.results import policies, scores
from surveyd.results.scores import ResponseScore, ScoredResponse

FRESH = timedelta(days=7)
SAMPLING = "sampling"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a respondent is told, and what was done: a repeat has the first one's number and did nothing."""

    number: str
    response_id: int
    is_first: bool
    case_id: int | None = None
    queued: int = 0
    """How many mails were queued: the edge rings the bell after its commit if there are any."""


@dataclass(frozen=True, slots=True)
class Office:
    """What the program brings along: its keys, for the random sample, and its domain, for the mails' ids."""

    keys: Keys
    mail_domain: str


def submit(
    rows: Rows,
    invitation_id: int,
    *,
    answers: Answers,
    channel: AnswerChannel,
    given_at: datetime,
    now: datetime,
    office: Office,
    by: int | None = None,
    receipt: str = "",
) -> Receipt:
    """Take the answers to one invitation; ``by`` is the user who asked on the phone, or None.

    ``receipt`` is the number that the person has been told before, if they have.

    Idempotent: a repeat, also at the same time, gets the first one's receipt and changes nothing. Answers to
    a wave that was over, or given more than seven days ago, are stored and scored only: no case, no mail.
    What is said of a closed case goes to that case.
    Raises NotFound for an unknown invitation and Refused for answers from the future.
    """
    if given_at > now:
        raise Refused("The answers were given in the future; correct the time at which they were given.")
    # First, so that the invitation is ours: of two at once the second one waits here, and reads on behind.
    answer(rows, invitation_id, now=now)
    background = read_background(rows, invitation_id)
    given = Given(answers, channel, given_at, by, receipt)
    stored = responses.store(rows, background.asked, given=given, has_draft=background.has_draft, now=now)
    if not stored.is_first:
        return Receipt(stored.receipt, stored.id, is_first=False)
    score = _score(rows, background, stored, answers=answers, now=now)
    take_back(rows, invitation_id, to_come=background.to_come, now=now)
    if background.wave_kind is WaveKind.STANDING:
        told = hear(rows, background, answers=answers, now=now)
        if told is not None:
            queue(rows, told.mails, mail_domain=office.mail_domain)
            return Receipt(stored.receipt, stored.id, is_first=True, queued=len(told.mails))
    if now - given_at > FRESH or background.is_closed(given_at):
        return Receipt(stored.receipt, stored.id, is_first=True)
    return _follow_up(rows, background, stored, score=score, given_at=given_at, now=now, office=office)


def _score(
    rows: Rows,
    background: Background,
    stored: Stored,
    *,
    answers: Answers,
    now: datetime,
) -> ResponseScore:
    asked = background.asked
    policy = policies.with_digest(rows, background.policy)
    key = scores.key_of_version(rows, version_id=asked.version_id, digest=background.digest, policy=policy)
    score = scores.score(answers, key=key)
    scores.store(rows, ScoredResponse(stored.id, asked.wave_id, asked.account_id), of=score, now=now)
    return score


def _follow_up(
    rows: Rows,
    background: Background,
    stored: Stored,
    *,
    score: ResponseScore,
    given_at: datetime,
    now: datetime,
    office: Office,
) -> Receipt:
    """Open the case that the rules ask for and queue the mails."""
    drawn = _is_drawn(rows, background, score, office.keys)
    opening = judge(heard(background, score), drawn=drawn)
    mails = [thank_you(background, receipt=stored.receipt, now=now)]
    case_id = None
    if opening is not None:
        case_id, mail = open_and_alert(
            rows, background, opening, response_id=stored.id, given_at=given_at, score=score, now=now
        )
        mails.append(mail)
    to_queue = [mail for mail in mails if mail is not None]
    queue(rows, to_queue, mail_domain=office.mail_domain)
    return Receipt(stored.receipt, stored.id, is_first=True, case_id=case_id, queued=len(to_queue))


def _is_drawn(rows: Rows, background: Background, score: ResponseScore, keys: Keys) -> bool:
    # Every arrival is counted, drawn or not; one drawn person at a time is enough for an account.
    if score.category not in DRAWN:
        return False
    drawn = draw(
        rows,
        wave_id=background.asked.wave_id,
        wave=background.wave_slug,
        stratum=score.category.value,
        key=keys.derive(SAMPLING),
    )
    return drawn and not is_followed(rows, background.asked.account_id)
