"""What is kept as a note on a response: another answer that the same person gave through an open link."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from surveyd.forms.loading import from_data
from surveyd.reports.answers import AnswerLine, answer_lines
from surveyd.responses.open_queue import noted_on


@dataclass(frozen=True, slots=True)
class Note:
    """One such answer in words."""

    sent_at: datetime
    lines: tuple[AnswerLine, ...]


def notes_on(session: Session, response_id: int, *, names: dict[str, str]) -> tuple[Note, ...]:
    """The notes on a response that the reader may see, oldest first; `names` are piped into the questions."""
    return tuple(
        Note(
            noted.sent_at,
            tuple(answer_lines(from_data(noted.definition), noted.answers, category="", names=names)),
        )
        for noted in noted_on(session, response_id)
    )
