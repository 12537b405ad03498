"""Rows of a file of contacts: their accounts looked up, phones read with the account's country."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.base.changes import CONTACTS, count_change
from surveyd.people.cells import read_phone
from surveyd.people.drafts import Complaints, Draft, Value
from surveyd.people.duplicate_models import SameKind
from surveyd.people.ids import Ids
from surveyd.people.merged import Chosen, passed_on
from surveyd.people.models import Account, Contact
from surveyd.people.rows import Change, insert_rows, rows_with, update_rows

FIELDS = ("account_id", "name", "email", "phone", "language", "time_zone", "role", "consent")

STORED = select(Contact.external_id, Contact.id, *(Contact.__table__.c[field] for field in FIELDS))


class ContactRows:
    """The rows of one file of contacts, some at a time."""

    def __init__(self, complaints: Complaints, ids: Ids) -> None:
        self.complaints = complaints
        self.chosen = Chosen(SameKind.CONTACT, Contact)

    def look_up(self, session: Session, drafts: Sequence[Draft]) -> None:
        """Accounts by their external ids, else by their names; then phones by the account's country."""
        accounts = _accounts(session, {str(draft.values.get("account") or "") for draft in drafts} - {""})
        for draft in drafts:
            name = str(draft.values.pop("account", "") or "")
            found = accounts.get(name, ())
            if len(found) == 1:
                [(draft.values["account_id"], country)] = found
                self._read_phone(draft, country)
            elif name:
                reason = f"there is no account {name!r}; import it first"
                if found:
                    reason = f"there are {len(found)} accounts of the name {name!r}; use the account's id"
                self.complaints.add(draft, "account", reason)

    def stored(self, session: Session, drafts: Sequence[Draft]) -> dict[str, Mapping[str, Value]]:
        """The contacts that the drafts' external ids have now, by field, with `id`."""
        self.chosen.read(session)
        ids = [draft.external_id for draft in drafts]
        found = rows_with(session, STORED, Contact.external_id, ids)
        return {row.external_id: dict(row._mapping) for row in found}

    def settle(self, draft: Draft, now: Mapping[str, Value] | None) -> None:
        """What was chosen in a merge stays while the list says the same as then."""
        self.chosen.keep(draft)

    def settle_all(self, session: Session) -> None:
        """Nothing of a contact depends on the others."""

    def _read_phone(self, draft: Draft, country: str) -> None:
        text = draft.values.get("phone")
        try:
            if text:
                draft.values["phone"] = read_phone(str(text), country)
        except ValueError as error:
            self.complaints.add(draft, "phone", f"{text!r} {error}")


def write_contacts(
    session: Session, added: Sequence[Draft], changed: Sequence[Change], *, now: datetime
) -> None:
    """Insert and update contacts."""
    insert_rows(session, Contact, [draft.row() for draft in added], now=now)
    changes = {c.id: {field: c.draft.values[field] for field in c.before} for c in changed}
    update_rows(session, Contact, changes, now=now)
    update_rows(session, Contact, passed_on(session, Contact, changes), now=now)
    count_change(session, CONTACTS)


def _accounts(session: Session, names: set[str]) -> dict[str, list[tuple[int, str]]]:
    """The accounts that lists call so, each with its country: one by its id, or all of that name."""
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for key in (Account.external_id, Account.name):
        goes_on = func.coalesce(Account.merged_into_id, Account.id)
        query = select(key, goes_on, Account.country).order_by(Account.merged_into_id.is_not(None))
        for name, account_id, country in rows_with(session, query, key, names - found.keys()):
            if account_id not in [one for one, _ in found[name]]:
                found[name].append((account_id, country))
    return found
