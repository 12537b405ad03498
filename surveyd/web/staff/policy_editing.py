"""A change of the scoring policy, written as a form or a file, proposed and decided on."""

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyd.base.database import reading, writing
from surveyd.base.errors import BadFile, Fault, Refused
from surveyd.base.services import services
from surveyd.results import comparisons, jobs, proposals
from surveyd.results.policies import current
from surveyd.results.policy_items import items_asked
from surveyd.results.policy_reading import PolicyFile, read_policy, read_policy_data
from surveyd.results.policy_writing import as_yaml
from surveyd.scoring.policy import Policy
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp
from surveyd.web.staff.policies import policy_page
from surveyd.web.staff.policy_form import PolicyForm, data_from, form_of, sent_by
from surveyd.web.staff.policy_words import method_choices

LONGEST = 100_000
FILE_NAME = "policy.yaml"


@dataclass(frozen=True, slots=True)
class EditPage:
    """A change being written: as a form, and as a file below it. `faults` are the file's."""

    form: PolicyForm
    text: str
    version: str
    faults: tuple[Fault, ...] = ()
    problem: str = ""


@bp.get("/policies/new")
def new_policy() -> str:
    """The policy in force as a form, to be changed; another version where the address names one."""
    with reading() as session:
        line = proposals.find_version(session, request.args.get("from") or current(session).version)
    sent = sent_by(line.policy, "")
    return _draw(EditPage(form_of(sent), as_yaml(line.policy, ""), line.version))


@bp.post("/policies")
def propose_policy() -> Response | tuple[str, int]:
    """Propose what the form says; with a fault nothing is proposed, and what was typed stays."""
    sent = {name: value[:LONGEST] for name, value in request.form.items()}
    try:
        with reading() as session:
            items = items_asked(session)
        return _propose(read_policy_data(data_from(sent), items=items))
    except BadFile as bad:
        faults, problem = bad.faults, ""
    except Refused as refused:
        faults, problem = (), str(refused)
    in_force = _in_force()
    page = EditPage(form_of(sent, faults), as_yaml(in_force, ""), in_force.version, problem=problem)
    return _draw(page), 422


@bp.post("/policies/file")
def propose_policy_file() -> Response | tuple[str, int]:
    """Propose a whole file; with a fault nothing is proposed, and the text stays."""
    text = _sent_file()
    try:
        with reading() as session:
            items = items_asked(session)
        return _propose(read_policy(text, FILE_NAME, items=items))
    except BadFile as bad:
        faults, problem = bad.faults, ""
    except Refused as refused:
        faults, problem = (), str(refused)
    in_force = _in_force()
    page = EditPage(form_of(sent_by(in_force, "")), text, in_force.version, faults=faults, problem=problem)
    return _draw(page), 422


@bp.post("/policies/<id:policy_id>/accept")
def accept_policy(policy_id: int) -> Response | tuple[str, int]:
    """Have history rescored by a proposal and then put it in force: as it was compared, or not at all."""
    try:
        with writing() as session:
            proposals.accept(
                session,
                policy_id,
                against=request.form.get("against", ""),
                now=services().clock.now(),
                by=reader().user_id,
            )
    except Refused as refused:
        return _refused(policy_id, refused)
    jobs.ring_for_policy(services(), jobs.RESCORE, policy_id)
    return redirect(url_for("staff.policy", policy_id=policy_id), 303)


@bp.post("/policies/<id:policy_id>/withdraw")
def withdraw_policy(policy_id: int) -> Response | tuple[str, int]:
    """Take a proposal back."""
    try:
        with writing() as session:
            proposals.withdraw(session, policy_id, now=services().clock.now(), by=reader().user_id)
    except Refused as refused:
        return _refused(policy_id, refused)
    return redirect(url_for("staff.policies"), 303)


@bp.post("/policies/<id:policy_id>/compare")
def compare_policy(policy_id: int) -> Response:
    """Compare a proposal anew, with what is there by now."""
    with writing() as session:
        proposals.find_policy(session, policy_id)
        comparisons.want_again(session, policy_id)
    jobs.ring_for_policy(services(), jobs.COMPARE, policy_id)
    return redirect(url_for("staff.policy", policy_id=policy_id), 303)


def _propose(file: PolicyFile) -> Response:
    with writing() as session:
        made = proposals.propose(session, file, now=services().clock.now(), by=reader().user_id)
    jobs.ring_for_policy(services(), jobs.COMPARE, made)
    return redirect(url_for("staff.policy", policy_id=made), 303)


def _refused(policy_id: int, refused: Refused) -> tuple[str, int]:
    with reading() as session:
        return policy_page(session, policy_id, problem=str(refused)), 409


def _in_force() -> Policy:
    with reading() as session:
        return current(session)


def _sent_file() -> str:
    """The file that was chosen, else the text as it was typed."""
    file = request.files.get("file")
    content = file.read(LONGEST) if file else b""
    if content:
        return content.decode("utf-8-sig", errors="replace")
    return request.form.get("text", "")[:LONGEST].replace("\r\n", "\n")


def _draw(page: EditPage) -> str:
    return render_template("staff/policy_edit.html", page=page, methods=method_choices())
