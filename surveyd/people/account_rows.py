"""Rows of a file of accounts: managers and parents looked up, money checked, everything written in bulk."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from surveyd.base.changes import ACCOUNTS, count_change
from surveyd.people.columns import DIMENSION
from surveyd.people.drafts import Complaints, Draft, Value
from surveyd.people.models import Account, User
from surveyd.people.rows import Change, insert_rows, rows_with, update_rows

Parent = aliased(Account)
FIELDS = (
    "name",
    "country",
    "region",
    "business_unit",
    "branch",
    "channel",
    "product_line",
    "tier",
    "renewal_date",
    "revenue_cents",
    "currency",
    "manager_id",
    "status",
    "dimensions",
)


class AccountRows:
    """One import of accounts. A draft's `parent` stays an external id until it is written."""

    def __init__(self, session: Session, complaints: Complaints) -> None:
        self.session, self.complaints = session, complaints

    def look_up(self, drafts: Sequence[Draft]) -> None:
        """Managers by address, parents among the file's and the stored accounts; amounts to hundredths."""
        for draft in drafts:
            self._split_revenue(draft)
        if any(draft.values.get("manager") is not None for draft in drafts):
            users = {row.email: row.id for row in self.session.execute(select(User.email, User.id))}
            for draft in drafts:
                self._find_manager(draft, users)
        parents = {str(draft.values.get("parent") or "") for draft in drafts} - {""}
        known = {draft.external_id for draft in drafts}
        query = select(Account.external_id)
        known |= {row[0] for row in rows_with(self.session, query, Account.external_id, parents - known)}
        for draft in drafts:
            parent = draft.values.get("parent")
            if parent and parent not in known:
                self.complaints.add(draft, "parent", f"there is no account {parent!r}, here or in this file")

    def stored(self, drafts: Sequence[Draft]) -> dict[str, Mapping[str, Value]]:
        """The accounts that the drafts' external ids have now, by field, with `id` and `parent`."""
        columns = [Account.__table__.c[field] for field in FIELDS]
        query = select(Account.external_id, Account.id, Parent.external_id.label("parent"), *columns)
        query = query.outerjoin(Parent, Account.parent_id == Parent.id)
        ids = [draft.external_id for draft in drafts]
        found = rows_with(self.session, query, Account.external_id, ids)
        return {row.external_id: {**row._mapping, "parent": row.parent or ""} for row in found}

    def settle(self, draft: Draft, now: Mapping[str, Value] | None) -> None:
        """Merge dimensions into those there are; a revenue needs a currency, from the row or the file."""
        names = [field for field in draft.values if field.startswith(DIMENSION)]
        if names:
            merged = dict(now["dimensions"]) if now and isinstance(now["dimensions"], dict) else {}
            merged |= {name.removeprefix(DIMENSION): draft.values.pop(name) for name in names}
            draft.values["dimensions"] = {name: value for name, value in merged.items() if value}
        before = now or {"revenue_cents": None, "currency": ""}
        if "revenue_cents" in draft.values and now is None:
            draft.values.setdefault("currency", "")
        revenue = draft.values.get("revenue_cents", before["revenue_cents"])
        known = draft.values.get("currency", before["currency"]) or "currency" in draft.unread
        if revenue is not None and not known:
            self.complaints.add(draft, "currency", "is empty; a revenue needs its currency, such as EUR")

    def settle_all(self, drafts: Sequence[Draft]) -> None:
        """Complain of accounts whose parents lead back to themselves, across the file and what is stored."""
        if not any(draft.values.get("parent") for draft in drafts):
            return
        query = select(Account.external_id, Parent.external_id).join(Parent, Account.parent_id == Parent.id)
        parents = {row[0]: row[1] for row in self.session.execute(query)}
        parents |= {draft.external_id: str(draft.values.get("parent", "")) for draft in drafts}
        circle = _in_circles(parents)
        for draft in drafts:
            if draft.external_id in circle:
                self.complaints.add(draft, "parent", f"the parents of {draft.external_id!r} lead back to it")

    def _split_revenue(self, draft: Draft) -> None:
        read = draft.values.pop("revenue", None)
        if not isinstance(read, tuple):
            return
        draft.values["revenue_cents"], beside = read
        if beside and draft.values.get("currency", beside) not in ("", beside):
            self.complaints.add(draft, "revenue", f"is in {beside}, the currency column says otherwise")
        elif beside:
            draft.values["currency"] = beside

    def _find_manager(self, draft: Draft, users: Mapping[str, int]) -> None:
        address = draft.values.pop("manager", None)
        if address is None:
            return
        draft.values["manager_id"] = users.get(str(address).lower())
        if address and draft.values["manager_id"] is None:
            reason = f"there is no user {address!r}; add the user first"
            self.complaints.add(draft, "manager", reason)


def write_accounts(
    session: Session, added: Sequence[Draft], changed: Sequence[Change], *, now: datetime
) -> None:
    """Insert and update accounts; parents go last, since the file may name a child before its parent."""
    rows = [draft.row() for draft in added]
    moved = {str(row["external_id"]): str(parent) for row in rows if (parent := row.pop("parent", ""))}
    insert_rows(session, Account, rows, now=now)
    changes = {
        change.id: {field: change.draft.values[field] for field in change.before} for change in changed
    }
    for change in changed:
        if "parent" in change.before:
            moved[change.draft.external_id] = str(changes[change.id].pop("parent"))
    query = select(Account.external_id, Account.id)
    found = rows_with(session, query, Account.external_id, [*moved, *moved.values()])
    ids = {row.external_id: row.id for row in found}
    for name, parent in moved.items():
        changes.setdefault(ids[name], {})["parent_id"] = ids.get(parent)
    update_rows(session, Account, changes, now=now)
    count_change(session, ACCOUNTS)


def _in_circles(parents: Mapping[str, str]) -> set[str]:
    done: set[str] = set()
    circles: set[str] = set()
    for start in parents:
        path: dict[str, None] = {}
        name = start
        while name and name not in done and name not in path:
            path[name] = None
            name = parents.get(name, "")
        if name in path:
            steps = list(path)
            circles.update(steps[steps.index(name) :])
        done.update(path)
    return circles
