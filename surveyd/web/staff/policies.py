"""The scoring policies: the one in force in words, all versions, a proposal with what it would move."""

from dataclasses import dataclass

from flask import Response, jsonify, render_template
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from surveyd.base.database import reading
from surveyd.reports.policy_changes import PolicyChanges, policy_changes
from surveyd.results.comparison import read_comparison
from surveyd.results.policies import current
from surveyd.results.policy_models import PolicyState
from surveyd.results.policy_writing import as_yaml
from surveyd.results.proposals import PolicyLine, find_policy, list_policies
from surveyd.scoring.nps import Counts, summary
from surveyd.scoring.policy import Policy
from surveyd.web.access import reader
from surveyd.web.filters import number
from surveyd.web.staff.frame import bp
from surveyd.web.staff.policy_words import Change, Line, changes_between, lines_of

SOON = 2
"""In how many seconds a page looks again while something is being worked out."""


@dataclass(frozen=True, slots=True)
class PoliciesPage:
    """The policy in force, and all versions, the newest first."""

    in_force: PolicyLine
    versions: list[PolicyLine]
    said: dict[str, list[Line]]

    @property
    def waiting(self) -> list[PolicyLine]:
        """The proposals that wait for somebody, and the one that history is being rescored by."""
        return [line for line in self.versions if line.is_open]


@dataclass(frozen=True, slots=True)
class PolicyPage:
    """One version. `changes` are what it says differently from `in_force`; `moves` are of a proposal."""

    line: PolicyLine
    in_force: Policy
    said: dict[str, list[Line]]
    changes: list[Change]
    moves: PolicyChanges | None
    problem: str = ""

    @property
    def going(self) -> "Going":
        """How far the work on it is."""
        return Going(self.line)

    @property
    def is_comparable(self) -> bool:
        """Whether what is shown was compared with the version that is in force now."""
        return self.moves is not None and self.moves.of.against == self.in_force.version

    @property
    def title(self) -> str:
        """The page's answer."""
        facts = {"version": self.line.version, "name": self.line.title}
        if self.line.state is PolicyState.RESCORING:
            return _("History is being rescored by version %(version)s", **facts)
        if self.moves is None:
            return _("Version %(version)s: %(name)s", **facts)
        people = self.moves.of.people_moving
        return ngettext(
            "Version %(version)s would move %(n)s person and %(accounts)s accounts",
            "Version %(version)s would move %(n)s people and %(accounts)s accounts",
            people,
            n=number(people),
            accounts=number(self.moves.of.accounts_moving),
            **facts,
        )


@dataclass(frozen=True, slots=True)
class Going:
    """How far a comparison or a rescoring is, in words for the page and what keeps it fresh."""

    line: PolicyLine

    @property
    def is_moving(self) -> bool:
        """Whether something is being worked out."""
        compares = self.line.state is PolicyState.PROPOSED and self.line.comparison is None
        return compares or self.line.state is PolicyState.RESCORING

    @property
    def state(self) -> str:
        """What the page shows: it is read again when this changes."""
        return f"{self.line.state}{' compared' if self.line.comparison else ''}"

    @property
    def most(self) -> int:
        return max(self.line.to_rescore, self.line.rescored, 1)

    @property
    def count(self) -> str:
        """How much is done."""
        facts = {
            "done": number(self.line.rescored),
            "all": number(max(self.line.to_rescore, self.line.rescored)),
        }
        if self.line.state is PolicyState.RESCORING:
            return _("%(done)s of %(all)s responses are rescored", **facts)
        return _("%(done)s of %(all)s responses are compared", **facts)

    @property
    def pace(self) -> str:
        """What happens next."""
        if self.line.state is PolicyState.RESCORING:
            return _(
                "The version in force stays until all are rescored; then all pages show the new one at once."
            )
        return _("What it would move stands here as soon as all are compared. Nothing is changed by that.")

    def as_json(self) -> dict[str, object]:
        """All of it, for the page that is open."""
        return {
            "state": self.state,
            "paused": False,
            "value": self.line.rescored,
            "most": self.most,
            "again": SOON if self.is_moving else 0,
            "words": {"count": self.count, "pace": self.pace},
        }


@bp.get("/policies")
def policies() -> str:
    """The policy in force in words, and every version."""
    with reading() as session:
        versions = list_policies(session)
    in_force = next(line for line in versions if line.state is PolicyState.CURRENT)
    page = PoliciesPage(in_force, versions, lines_of(in_force.policy))
    return render_template("staff/policies.html", page=page)


@bp.get("/policies/<id:policy_id>")
def policy(policy_id: int) -> str:
    """One version; of a proposal what it would move."""
    with reading() as session:
        return policy_page(session, policy_id)


@bp.get("/policies/<id:policy_id>/progress")
def policy_progress(policy_id: int) -> Response:
    """How far the work on it is."""
    with reading() as session:
        line = find_policy(session, policy_id)
    return jsonify(Going(line).as_json())


@bp.get("/policies/<id:policy_id>/file.yaml")
def policy_file(policy_id: int) -> Response:
    """One version as its file, to keep or to change."""
    with reading() as session:
        line = find_policy(session, policy_id)
    response = Response(as_yaml(line.policy, line.title), mimetype="application/yaml")
    response.headers["Content-Disposition"] = f'attachment; filename="policy-{line.version}.yaml"'
    return response


def policy_page(session: Session, policy_id: int, *, problem: str = "") -> str:
    """The page of one version."""
    line, in_force = find_policy(session, policy_id), current(session)
    moves = None
    if line.comparison and line.is_open:
        moves = policy_changes(session, read_comparison(line.comparison), scope=reader().scope)
    page = PolicyPage(
        line=line,
        in_force=in_force,
        said=lines_of(line.policy),
        changes=changes_between(in_force, line.policy) if line.version != in_force.version else [],
        moves=moves,
        problem=problem,
    )
    return render_template("staff/policy.html", page=page, score=score_shown)


def score_shown(detractors: int, passives: int, promoters: int) -> str:
    """A wave's score, which no policy moves."""
    return summary(Counts(detractors, passives, promoters)).shown
