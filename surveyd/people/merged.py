"""Contacts and accounts that go on as others, for whatever comes in by an old id: lists, links, callers.

What a list says of an old id is written to that row, as before, so that the same list twice changes nothing;
what it changes there is passed on to the one who goes on. And what somebody chose in a merge stays until the
list says something new.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.people.drafts import Draft, Value
from surveyd.people.duplicate_models import Merge, SameKind
from surveyd.people.models import Account, Contact

CHUNK = 2000
REVENUE = "revenue"
OWN_PLACE = ("account_id", "parent_id", "merged_into_id")
"""Where the old id stands in the company's lists says nothing about the one who goes on."""
Model = type[Contact] | type[Account]


def goes_on_as(session: Session, contact_id: int) -> int:
    """The contact as whom this one goes on, most often itself; also for an id that is gone."""
    found = select(func.coalesce(Contact.merged_into_id, Contact.id)).where(Contact.id == contact_id)
    return session.scalar(found) or contact_id


def contact_called(session: Session, external_id: str) -> int | None:
    """The id of whom the company's lists call so, or as whom that one goes on; None for nobody."""
    named = select(func.coalesce(Contact.merged_into_id, Contact.id)).where(
        Contact.external_id == external_id
    )
    return session.scalar(named)


def passed_on(
    session: Session, model: Model, changes: Mapping[int, Mapping[str, Value]]
) -> dict[int, dict[str, Value]]:
    """Of what a list changes in rows, by id: what is to be changed in those who go on, by id."""
    found: dict[int, dict[str, Value]] = {}
    ids = sorted(changes)
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        query = select(model.id, model.merged_into_id)
        rows = session.execute(query.where(model.id.in_(chunk), model.merged_into_id.is_not(None)))
        for gone_id, kept_id in rows:
            values = {name: one for name, one in changes[gone_id].items() if name not in OWN_PLACE}
            if values and kept_id is not None:
                found[kept_id] = found.get(kept_id, {}) | values
    _join_dimensions(session, found)
    return found


def _join_dimensions(session: Session, found: Mapping[int, dict[str, Value]]) -> None:
    """Add the dimensions of an old id to those of the account that goes on; its others stay."""
    ids = [key for key, values in found.items() if "dimensions" in values]
    for start in range(0, len(ids), CHUNK):
        there = select(Account.id, Account.dimensions).where(Account.id.in_(ids[start : start + CHUNK]))
        for account_id, dimensions in session.execute(there):
            said = found[account_id]["dimensions"]
            if isinstance(said, dict):
                found[account_id]["dimensions"] = {**dimensions, **said}


class Chosen:
    """What somebody chose in merges over what the lists say: read once for a whole file."""

    def __init__(self, kind: SameKind, model: Model) -> None:
        self.kind, self.model = kind, model
        self._own: dict[str, dict[str, list[Any]]] | None = None

    def read(self, session: Session) -> None:
        """Read it, the first time that this is called."""
        if self._own is not None:
            return
        self._own = defaultdict(lambda: defaultdict(list))
        kept = select(self.model.external_id, Merge.own).join(Merge, Merge.kept_id == self.model.id)
        for external_id, own in session.execute(kept.where(Merge.kind == self.kind)):
            for name, value in own.items():
                self._own[external_id][name].append(value)

    def keep(self, draft: Draft) -> None:
        """Take out of a draft what the list still says as it did before the merge."""
        for name, values in (self._own or {}).get(draft.external_id, {}).items():
            if name == REVENUE:
                said = [draft.values.get("revenue_cents"), draft.values.get("currency")]
                if said in values or (said[0] is None and None in values):
                    _forget(draft, ("revenue_cents", "currency"))
            elif _plain(draft.values.get(name)) in values and (name in draft.values):
                _forget(draft, (name,))


def _forget(draft: Draft, names: Iterable[str]) -> None:
    for name in names:
        draft.values.pop(name, None)


def _plain(value: Value) -> Any:
    return value.isoformat() if isinstance(value, date) else value
