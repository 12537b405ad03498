"""Rows of a file of accounts: managers and parents looked up, money checked, everything written in bulk."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from surveyd.base.changes import ACCOUNTS, count_change
from surveyd.people.columns import DIMENSION
from surveyd.people.drafts import Complaints, Draft, Value
from surveyd.people.duplicate_models import SameKind
from surveyd.people.ids import Ids
from surveyd.people.merged import Chosen, passed_on
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

STORED = select(
    Account.external_id,
    Account.id,
    Parent.external_id.label("parent"),
    *(Account.__table__.c[field] for field in FIELDS),
).outerjoin(Parent, Account.parent_id == Parent.id)


class AccountRows:
    """The rows of one file of accounts, some at a time. A draft's `parent` stays an external id."""

    def __init__(self, complaints: Complaints, ids: Ids) -> None:
        self.complaints, self.ids = complaints, ids
        self.chosen = Chosen(SameKind.ACCOUNT, Account)
        self._managers: dict[str, list[int]] | None = None
        self._children: dict[str, tuple[int, str]] = {}
        """The line and the parent of each account for which the file names one."""

    def look_up(self, session: Session, drafts: Sequence[Draft]) -> None:
        """Managers by address or name, parents among file and stored accounts; amounts to hundredths."""
        for draft in drafts:
            self._split_revenue(draft)
            self._find_manager(session, draft)
        named = {str(draft.values.get("parent") or "") for draft in drafts} - {""}
        goes_on = aliased(Account)
        query = select(Account.external_id, func.coalesce(goes_on.external_id, Account.external_id))
        query = query.outerjoin(goes_on, goes_on.id == Account.merged_into_id)
        known = {row[0]: row[1] for row in rows_with(session, query, Account.external_id, named)}
        for draft in drafts:
            parent = str(draft.values.get("parent") or "")
            if parent in known:
                # An account is never above itself, though one that went on as it was.
                draft.values["parent"] = known[parent] if known[parent] != draft.external_id else ""
            elif parent and parent not in self.ids:
                self.complaints.add(draft, "parent", f"there is no account {parent!r}, here or in this file")
            if "parent" in draft.values:
                self._children[draft.external_id] = draft.line, str(draft.values["parent"])

    def stored(self, session: Session, drafts: Sequence[Draft]) -> dict[str, Mapping[str, Value]]:
        """The accounts that the drafts' external ids have now, by field, with `id` and `parent`."""
        self.chosen.read(session)
        ids = [draft.external_id for draft in drafts]
        found = rows_with(session, STORED, Account.external_id, ids)
        return {row.external_id: {**row._mapping, "parent": row.parent or ""} for row in found}

    def settle(self, draft: Draft, now: Mapping[str, Value] | None) -> None:
        """Merge dimensions into those there are; a revenue needs a currency, from the row or the file.

        What was chosen in a merge stays while the list says the same as then.
        """
        self.chosen.keep(draft)
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

    def settle_all(self, session: Session) -> None:
        """Complain of accounts whose parents lead back to themselves, across the file and what is stored."""
        if not any(parent for _, parent in self._children.values()):
            return
        query = select(Account.external_id, Parent.external_id).join(Parent, Account.parent_id == Parent.id)
        parents = {row[0]: row[1] for row in session.execute(query)}
        parents |= {name: parent for name, (_, parent) in self._children.items()}
        circle = _in_circles(parents)
        for name, (line, _) in self._children.items():
            if name in circle:
                self.complaints.add(
                    Draft(line, name, {}), "parent", f"the parents of {name!r} lead back to it"
                )

    def _split_revenue(self, draft: Draft) -> None:
        read = draft.values.pop("revenue", None)
        if not isinstance(read, tuple):
            return
        draft.values["revenue_cents"], beside = read
        if beside and draft.values.get("currency", beside) not in ("", beside):
            self.complaints.add(draft, "revenue", f"is in {beside}, the currency column says otherwise")
        elif beside:
            draft.values["currency"] = beside

    def _find_manager(self, session: Session, draft: Draft) -> None:
        named = draft.values.pop("manager", None)
        if named is None:
            return
        if self._managers is None:
            self._managers = _managers(session)
        found = self._managers.get(str(named).casefold(), [])
        draft.values["manager_id"] = found[0] if len(found) == 1 else None
        if named and len(found) != 1:
            reason = f"there is no user {named!r}; add the user first, or leave the column out"
            if found:
                reason = f"there are {len(found)} users of the name {named!r}; use the address"
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
    update_rows(session, Account, changes, now=now)
    update_rows(session, Account, passed_on(session, Account, changes), now=now)
    set_parents(session, moved, now=now)
    count_change(session, ACCOUNTS)


def set_parents(session: Session, moved: Mapping[str, str], *, now: datetime) -> None:
    """Give accounts their parents, both by external id; an empty one takes it away."""
    query = select(Account.external_id, Account.id)
    found = rows_with(session, query, Account.external_id, [*moved, *moved.values()])
    ids = {row.external_id: row.id for row in found}
    changes = {ids[name]: {"parent_id": ids.get(parent)} for name, parent in moved.items() if name in ids}
    update_rows(session, Account, changes, now=now)


def _managers(session: Session) -> dict[str, list[int]]:
    """Who is called so: each user by address, and all users of a name."""
    found: dict[str, list[int]] = defaultdict(list)
    for user_id, email, name in session.execute(select(User.id, User.email, User.name)):
        for called in {email.casefold(), name.casefold()} - {""}:
            found[called].append(user_id)
    return found


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
