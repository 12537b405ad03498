"""What people wrote in some waves, as arrays: one place for each response with a comment."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Invitation, QuestionnaireVersion
from surveyd.forms.loading import from_data
from surveyd.people.access import Scope, visible_by_account
from surveyd.responses.models import Response
from surveyd.results.models import Score
from surveyd.results.policies import CURRENT_RULE
from surveyd.scoring.arrays import Codes, Floats, Mask
from surveyd.scoring.nps import Category

VERBATIM = "verbatim"
SIGNS = {Category.PROMOTER.value: 1.0, Category.PASSIVE.value: 0.0, Category.DETRACTOR.value: -1.0}
NO_SIGN = float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class WrittenComments:
    """The comments of some waves in the order of their responses; `answered` counts all responses.

    A response's answers in words are one text, each on lines of its own. `languages` are those in which the
    people were asked. `signs` as in `scoring.themes.Comments`; `accounts` are codes into `account_ids`.
    """

    answered: int
    responses: Codes
    contacts: Codes
    accounts: Codes
    account_ids: Codes
    signs: Floats
    languages: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def n(self) -> int:
        """How many comments there are."""
        return len(self.texts)

    def only(self, mask: Mask, *, answered: int | None = None) -> "WrittenComments":
        """The comments of a mask, with the same account codes; `answered` of all who gave a response."""
        kept = np.flatnonzero(mask).tolist()
        return WrittenComments(
            self.answered if answered is None else answered,
            self.responses[mask],
            self.contacts[mask],
            self.accounts[mask],
            self.account_ids,
            self.signs[mask],
            tuple(self.languages[at] for at in kept),
            tuple(self.texts[at] for at in kept),
        )


def comments_of(session: Session, wave_ids: Sequence[int], *, scope: Scope) -> WrittenComments:
    """The comments of these waves that the scope may see. Three statements, whatever the size."""
    mine = (Response.wave_id.in_(wave_ids), visible_by_account(scope, Response.account_id))
    answered = session.execute(select(func.count()).select_from(Response).where(*mine)).scalar_one()
    items = verbatim_items(session, mine)
    if not items:
        return _as_arrays(answered, [])
    # The database takes the few texts out of the answers: reading all answers takes five times as long.
    texts = [Response.answers[item].as_string() for item in items]
    rows = session.execute(
        select(
            Response.id, Response.contact_id, Response.account_id, Score.category, Invitation.language, *texts
        )
        .join(Invitation, Invitation.id == Response.invitation_id)
        .outerjoin(Score, (Score.response_id == Response.id) & (Score.rule_version == CURRENT_RULE))
        .where(*mine)
        .order_by(Response.id)
    )
    return _as_arrays(answered, [(*row[:5], text) for row in rows if (text := joined(row[5:]))])


def verbatim_items(session: Session, mine: Sequence[ColumnElement[bool]]) -> list[str]:
    """The ids of the items that ask for words, in every version that these responses were given on."""
    used = select(Response.version_id).where(*mine).distinct()
    definitions = select(QuestionnaireVersion.definition).where(QuestionnaireVersion.id.in_(used))
    found = (
        item.id
        for definition in session.scalars(definitions.order_by(QuestionnaireVersion.id))
        for item in from_data(definition).measuring(VERBATIM)
    )
    return list(dict.fromkeys(found))


def joined(texts: Sequence[object]) -> str:
    """The answers in words of one response as one text; "" where there are none."""
    return "\n".join(text for one in texts if isinstance(one, str) and (text := one.strip()))


Row = tuple[int, int, int, str | None, str, str]


def _as_arrays(answered: int, rows: Sequence[Row]) -> WrittenComments:
    responses, contacts, accounts, categories, languages, texts = (
        zip(*rows, strict=True) if rows else ((),) * 6
    )
    ids, codes = np.unique(np.array(accounts, dtype=np.int64), return_inverse=True)
    return WrittenComments(
        answered=answered,
        responses=np.array(responses, dtype=np.int64),
        contacts=np.array(contacts, dtype=np.int64),
        accounts=codes,
        account_ids=ids,
        signs=np.array([SIGNS.get(one or "", NO_SIGN) for one in categories], dtype=np.float64),
        languages=tuple(languages),
        texts=tuple(texts),
    )
