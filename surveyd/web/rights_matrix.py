"""The table of rights as a page of the documentation: docs/rights.md."""

from flask import Flask
from werkzeug.routing import Rule

from surveyd.people.models import StaffRole
from surveyd.web.access import EVERYBODY, RIGHTS


def rights_matrix(app: Flask) -> str:
    """The table as a page of the documentation: one line a route of `app`, one column a role."""
    head = ["Page", "Ways", "nobody", *(role.value.replace("_", " ") for role in StaffRole)]
    lines = [[*_cells(rule.rule, rule.methods or set(), rule.endpoint)] for rule in _rules(app)]
    rows = [head, ["---"] * 3 + [":-:"] * len(StaffRole), *lines]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{PREFACE}\n\n{table}\n"


PREFACE = """# Who may open what

Written from the table in `surveyd/web/access.py` and held against it by a test. "yes" opens the page; which
accounts, contacts, responses and cases it then shows is decided by the scope of the person who reads: admins
and executives see all, a regional leader their region, an account manager their own accounts, support staff
the call list and the cases assigned to them, and no amounts of money. What is outside the scope answers as if
it did not exist. Pages under `/demo` are served in the demo environment only."""


def _cells(path: str, methods: set[str], endpoint: str) -> list[str]:
    roles = RIGHTS.get(endpoint, frozenset())
    ways = ", ".join(sorted(methods - {"HEAD", "OPTIONS"}))
    everybody = roles is EVERYBODY
    marks = ["yes" if everybody or (roles and role in roles) else "" for role in StaffRole]
    return [f"`{path}`", ways, "yes" if everybody else "", *marks]


def _rules(app: Flask) -> list[Rule]:
    listed = [rule for rule in app.url_map.iter_rules() if rule.endpoint in RIGHTS]
    return sorted(listed, key=lambda rule: (rule.rule, rule.endpoint))
