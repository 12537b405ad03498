"""Rows of a file of contacts: their accounts looked up, phones read with the account's country."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.changes import CONTACTS, count_change
from surveyd.people.cells import read_phone
from surveyd.people.drafts import Complaints, Draft, Value
from surveyd.people.models import Account, Contact
from surveyd.people.rows import Change, insert_rows, rows_with, update_rows

FIELDS = ("account_id", "name", "email", "phone", "language", "time_zone", "role", "consent")


class ContactRows:
    """One import of contacts."""

    def __init__(self, session: Session, complaints: Complaints) -> None:
        self.session, self.complaints = session, complaints

    def look_up(self, drafts: Sequence[Draft]) -> None:
        """Accounts by their external ids, then phones, which need the account's country."""
        names = {str(draft.values.get("account") or "") for draft in drafts} - {""}
        query = select(Account.external_id, Account.id, Account.country)
        found = rows_with(self.session, query, Account.external_id, names)
        accounts = {name: (account_id, country) for name, account_id, country in found}
        for draft in drafts:
            name = draft.values.pop("account", None)
            account_id, country = accounts.get(str(name or ""), (None, ""))
            if account_id is not None:
                draft.values["account_id"] = account_id
                self._read_phone(draft, country)
            elif name:
                self.complaints.add(draft, "account", f"there is no account {name!r}; import it first")

    def stored(self, drafts: Sequence[Draft]) -> dict[str, Mapping[str, Value]]:
        """The contacts that the drafts' external ids have now, by field, with `id`."""
        columns = [Contact.__table__.c[field] for field in FIELDS]
        ids = [draft.external_id for draft in drafts]
        query = select(Contact.external_id, Contact.id, *columns)
        found = rows_with(self.session, query, Contact.external_id, ids)
        return {row.external_id: dict(row._mapping) for row in found}

    def settle(self, draft: Draft, now: Mapping[str, Value] | None) -> None:
        """Nothing of a contact depends on the row that is there."""

    def settle_all(self, drafts: Sequence[Draft]) -> None:
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
    count_change(session, CONTACTS)
