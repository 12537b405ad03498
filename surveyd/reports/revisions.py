"""Corrections of one response in words: what was changed, when and by whom, with both values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.forms.conditions import Answers
from surveyd.forms.definition import Questionnaire
from surveyd.people.models import User
from surveyd.reports.answers import answer_lines
from surveyd.responses.models import Revision


@dataclass(frozen=True, slots=True)
class ChangedAnswer:
    """One answer before and after; empty where there was none."""

    question: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class CorrectionLine:
    """One correction; `interviewer` asked on the phone, empty for the person themselves."""

    number: int
    at: datetime
    channel: str
    interviewer: str
    changes: tuple[ChangedAnswer, ...]


def corrections_of(
    session: Session,
    response_id: int,
    *,
    questionnaire: Questionnaire,
    category: str,
    names: Mapping[str, str],
) -> tuple[CorrectionLine, ...]:
    """The corrections of a response, the latest first, in one statement."""
    rows = session.execute(
        select(Revision, User.name, User.email)
        .outerjoin(User, User.id == Revision.user_id)
        .where(Revision.response_id == response_id)
        .order_by(Revision.number.desc())
    )
    told = _Told(questionnaire, category, names)
    return tuple(
        CorrectionLine(
            one.number, one.at, one.channel, name or email or "", tuple(told.changes(one.before, one.after))
        )
        for one, name, email in rows
    )


@dataclass(frozen=True, slots=True)
class _Told:
    questionnaire: Questionnaire
    category: str
    names: Mapping[str, str]

    def changes(self, before: Answers, after: Answers) -> Iterator[ChangedAnswer]:
        for item_id in self.questionnaire.items:
            if before.get(item_id) != after.get(item_id):
                asked, old = self._words(item_id, before)
                asked_now, new = self._words(item_id, after)
                yield ChangedAnswer(asked or asked_now, old, new)

    def _words(self, item_id: str, answers: Answers) -> tuple[str, str]:
        given = {item_id: answers[item_id]} if item_id in answers else {}
        lines = answer_lines(self.questionnaire, given, category=self.category, names=self.names)
        return next(((line.question, line.answer) for line in lines), ("", ""))
