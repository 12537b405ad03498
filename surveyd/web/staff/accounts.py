"""The accounts: the list, and one account with its people and cases."""

from flask import render_template, request

from surveyd.base.database import reading
from surveyd.base.services import services
from surveyd.reports.account import account_view
from surveyd.reports.accounts import account_list
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp


@bp.get("/accounts")
def accounts() -> str:
    """The accounts of the reader's scope by name, page by page; the address holds `search` and `after`."""
    search, after = request.args.get("search", "").strip(), request.args.get("after", type=int)
    with reading() as session:
        page = account_list(session, scope=reader().scope, search=search, after=after)
    return render_template("staff/accounts.html", page=page)


@bp.get("/accounts/<id:account_id>")
def account(account_id: int) -> str:
    """One account."""
    with reading() as session:
        page = account_view(session, account_id, scope=reader().scope)
    return render_template("staff/account.html", page=page, now=services().clock.now())
