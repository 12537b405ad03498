"""The accounts: the list, its file, and one account with its people and cases."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Response, render_template, request, stream_with_context
from flask_babel import lazy_gettext

from surveyd.base.database import reading
from surveyd.base.keyset import Wanted
from surveyd.base.services import services
from surveyd.distribution.confirmations import open_rounds
from surveyd.distribution.wish_models import WhyNot
from surveyd.people.access import Scope
from surveyd.reports.account import account_view
from surveyd.reports.account_flags import WORDS
from surveyd.reports.accounts import account_list
from surveyd.reports.accounts_export import accounts_csv as lines_of_accounts
from surveyd.reports.accounts_narrowing import FILTERS
from surveyd.reports.accounts_query import SORTS
from surveyd.results.slices import CUSTOM, is_dimension
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp
from surveyd.web.staff.lists import wanted

MOST_OWN = 10
"""The list is narrowed by so many of the company's own dimensions at once."""
WHY_NOT = {
    WhyNot.LEFT_COMPANY: lazy_gettext("Has left the company"),
    WhyNot.NOT_MY_SUBJECT: lazy_gettext("Says that this is not their subject"),
    WhyNot.OTHER: lazy_gettext("Says that they are not the right person"),
}


@dataclass(frozen=True, slots=True)
class Undecided:
    """A decision that was refused: about which nomination, why, and what was typed and chosen."""

    nomination_id: int
    words: str
    reason: str
    keeps: bool


@bp.get("/accounts")
def accounts() -> str:
    """The accounts of the reader's scope, sorted and narrowed as the address says, page by page."""
    with reading() as session:
        now = services().clock.now()
        page = account_list(session, scope=reader().scope, now=now, wanted=_wish())
        rounds = open_rounds(session, reader().user_id, now=now)
    flags = [(words.flag.value, words.name) for words in WORDS]
    return render_template("staff/accounts.html", page=page, flags=flags, rounds=rounds)


@bp.get("/accounts.csv")
def accounts_csv() -> Response:
    """The same list as a file with all its rows."""
    lines = _lines(reader().scope, _wish())
    head = {"Content-Disposition": 'attachment; filename="accounts.csv"'}
    return Response(stream_with_context(lines), mimetype="text/csv", headers=head)


@bp.get("/accounts/<id:account_id>")
def account(account_id: int) -> str:
    """One account; its people page by page."""
    return account_page(account_id)


def account_page(account_id: int, undecided: Undecided | None = None) -> str:
    """The page of one account; `undecided` is the decision about a named colleague that was not taken."""
    now, after = services().clock.now(), request.args.get("after", "")
    with reading() as session:
        page = account_view(session, account_id, scope=reader().scope, now=now, after=after)
    words = {"why_not": WHY_NOT, "undecided": undecided}
    return render_template("staff/account.html", page=page, now=now, **words)


def _wish() -> Wanted:
    own = [name for name in request.args if name.startswith(CUSTOM) and is_dimension(name)]
    return wanted(sorts=SORTS, filters=(*FILTERS, *own[:MOST_OWN]), sort="name")


def _lines(scope: Scope, wish: Wanted) -> Iterator[str]:
    with reading() as session:
        now = services().clock.now()
        yield from lines_of_accounts(session, scope=scope, now=now, wanted=wish)
