"""Everybody on every road: each role, each route, with ids of their own and of others, in every form.

What is foreign does not exist, whatever the form of the answer, and no answer holds a word of it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from surveyd.closed_loop.models import Case
from surveyd.distribution import papers
from surveyd.distribution.models import Invitation, Program, Wave
from surveyd.distribution.paper_models import PaperKind
from surveyd.distribution.papers import NewPaper
from surveyd.distribution.wish_models import Nomination, WhyNot
from surveyd.people.models import StaffRole
from surveyd.web.access import RIGHTS
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import UNHAPPY, Asking
from tests.fixtures.cast import Person
from tests.web.offices import Office, Staff, confirm_contacts, open_office, signed_in

ROLES = {
    "admin": StaffRole.ADMIN,
    "executive": StaffRole.EXECUTIVE,
    "leader": StaffRole.REGIONAL_LEADER,
    "mona": StaffRole.ACCOUNT_MANAGER,
    "milo": StaffRole.ACCOUNT_MANAGER,
    "outsider": StaffRole.ACCOUNT_MANAGER,
    "support": StaffRole.SUPPORT,
}
NORTH, SOUTH = {"leader", "mona"}, {"milo"}
EVERYWHERE = {"admin", "executive"}
SECRET = "What only the South may read"
WORDS_OF_THE_SOUTH = ("Südwerk", "Sofie", "Nina 77", SECRET, "SÜDWERK")
WORDS_OF_THE_NORTH = ("Nordwind", "Anna Adler", "Aziz", "Deliveries are late", "NORDWIND")
# Things of an account: whose they are decides. All other ids name things of the program.
OF_AN_ACCOUNT = {
    "account_id", "response_id", "case_id", "call_id", "paper_id", "nomination_id", "contact_id",
    "low_id", "high_id",
}  # fmt: skip
OF_THE_PROGRAM = {
    "return_id", "key_id", "wave_id", "program_id", "message_id", "upload_id", "user_id", "action_id",
    "link_id", "visit_id", "policy_id", "figure_id", "override_id", "rehearsal_id", "proposal_id",
    "blackout_id", "number", "mapping_id",
}  # fmt: skip
WORDS = {
    "mail": "invitation", "language": "en", "slug": "relational", "theme": "delivery", "name": "steps",
    "topic": "nps", "kind": "contact",
}  # fmt: skip
GOES_ON = (200, 201, 202, 204, 302, 303)
NOT_AS_SENT = (400, 404, 405, 409, 410, 413, 415, 422)
# Ends the walker's own session: every other road is tried first.
LAST = {"staff.sign_out"}
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass
class World:
    """The office, with a response and a case of the South beside those of the North."""

    office: Office
    ids: dict[str, dict[str, int]] = field(default_factory=dict)

    def path(self, rule: Rule, side: str) -> str:
        """The address of a route with the ids of one side; a new kind of id has to be added here."""
        path = rule.rule
        for name in rule.arguments:
            assert name in OF_AN_ACCOUNT | OF_THE_PROGRAM | set(WORDS), (
                f"{rule.rule}: say in this test whose {name} is"
            )
            known = self.ids[side].get(name, 1)
            path = path.replace(f"<id:{name}>", str(known)).replace(f"<{name}>", WORDS.get(name, ""))
        return path


@pytest.fixture
def world(writer: Transaction) -> World:
    with writer() as session:
        return _people_the_world(session)


def _people_the_world(session: Session) -> World:
    office = open_office(session, NOW)
    confirm_contacts(session, office, NOW)
    response = _answer_in_the_south(session, office)
    case = session.execute(select(Case.id).where(Case.response_id == response)).scalar_one()
    north = {
        "account_id": office.cast.nordwind,
        "contact_id": office.cast.anna.id,
        "low_id": office.cast.anna.id,
        "high_id": office.cast.aziz.id,
        "response_id": office.anna,
        "case_id": office.case,
        "paper_id": _paper_of(session, office.cast.nordwind),
        "nomination_id": _excuse_of(session, office, office.cast.aziz.id),
    }
    south = {
        "account_id": office.cast.sudwerk,
        "contact_id": office.cast.sofie.id,
        "low_id": office.cast.sofie.id,
        "high_id": office.cast.anna.id,
        "response_id": response,
        "case_id": case,
        "paper_id": _paper_of(session, office.cast.sudwerk),
        "nomination_id": _excuse_of(session, office, office.cast.sofie.id),
    }
    shared = {"wave_id": office.wave, "user_id": office.cast.outsider.id, "call_id": office.call}
    return World(office, {"north": north | shared, "south": south | shared})


def _excuse_of(session: Session, office: Office, contact_id: int) -> int:
    """Somebody says that they are not the right person."""
    theirs = select(Invitation).where(Invitation.contact_id == contact_id)
    invitation = session.scalars(theirs).one()
    said = Nomination(
        invitation_id=invitation.id,
        contact_id=contact_id,
        account_id=invitation.account_id,
        why=WhyNot.NOT_MY_SUBJECT,
        name="Nobody yet",
        email="nobody@customer.test",
        at=NOW,
    )
    session.add(said)
    session.flush()
    return said.id


def _paper_of(session: Session, account_id: int) -> int:
    """An account's page for the letter, made."""
    key = f"account:1:{account_id}"
    paper = NewPaper(dedup_key=key, kind=PaperKind.ACCOUNT, file_name="a.pdf", account_id=account_id)
    papers.want(session, paper, now=NOW)
    claimed = papers.claim(session, "maker", system_now=NOW)
    assert claimed
    papers.finish(session, claimed.id, by="maker", content=b"%PDF-1.7 of " + key.encode(), now=NOW)
    return claimed.id


def _answer_in_the_south(session: Session, office: Office) -> int:
    wave = session.get_one(Wave, office.wave)
    asking = Asking(session, NOW, session.get_one(Program, wave.program_id), wave, office.cast)
    nina = asking.ask_somebody(77, account_id=office.cast.sudwerk)
    return asking.answer(nina, UNHAPPY | {"why": SECRET}, now=NOW - timedelta(hours=20)).response_id


def roads(app: Flask, method: str) -> list[Rule]:
    """The routes of staff that take `method`."""
    found = [
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("staff.") and method in (rule.methods or ())
    ]
    return sorted(found, key=lambda rule: (rule.endpoint in LAST, rule.rule))


def sees(name: str, rule: Rule, side: str) -> bool:
    """Whether the person may see the things of that side that the route names."""
    things = set(rule.arguments) & OF_AN_ACCOUNT
    if not things or name in EVERYWHERE:
        return True
    if name == "support":
        return things == {"call_id"}
    if things == {"call_id"}:
        return False  # no call was handed to an account manager
    return name in (NORTH if side == "north" else SOUTH)


def walk(app: Flask, world: World, name: str, method: str) -> Iterator[tuple[Rule, str, TestResponse]]:
    """Every road with both sides' ids, asked by one person."""
    person: Person = getattr(world.office.cast, name)
    for rule in roads(app, method):
        for side in ("north", "south") if set(rule.arguments) & OF_AN_ACCOUNT else ("north",):
            staff = signed_in(app, person)
            path = world.path(rule, side)
            response = staff.get(path) if method == "GET" else staff.post(path)
            yield rule, side, response
            response.close()


def told(response: TestResponse) -> str:
    """All that an answer says, a sheet's cells among it."""
    if response.mimetype != SHEET:
        return response.text
    with ZipFile(BytesIO(response.data)) as sheet:
        return "".join(sheet.read(name).decode() for name in sheet.namelist())


def check(name: str, rule: Rule, side: str, response: TestResponse) -> None:
    """The answer is the one that the table and the scope call for."""
    where = (name, rule.rule, side, response.status_code)
    if ROLES[name] not in (RIGHTS[rule.endpoint] or ()):
        assert response.status_code == 403, where
    elif not sees(name, rule, side):
        assert response.status_code == 404, where
    elif set(rule.arguments) & OF_THE_PROGRAM:
        assert response.status_code in GOES_ON + NOT_AS_SENT, where
    else:
        assert response.status_code in {*GOES_ON, *NOT_AS_SENT} - {404}, where


@pytest.mark.parametrize("name", ROLES)
def test_who_may_read_what(app: Flask, world: World, name: str) -> None:
    forbidden = {
        "leader": WORDS_OF_THE_SOUTH,
        "mona": WORDS_OF_THE_SOUTH,
        "milo": WORDS_OF_THE_NORTH,
        "outsider": WORDS_OF_THE_SOUTH + WORDS_OF_THE_NORTH,
        "support": (SECRET, "Deliveries are late", "EUR"),
    }.get(name, ())
    for rule, side, response in walk(app, world, name, "GET"):
        check(name, rule, side, response)
        found = [word for word in forbidden if word in told(response)]
        assert not found, (name, rule.rule, side, found)


@pytest.mark.parametrize("name", ROLES)
def test_who_may_change_what(
    app: Flask, world: World, reader: Transaction, snapshot: Callable[[Session], Any], name: str
) -> None:
    with reader() as session:
        before = snapshot(session)
    for rule, side, response in walk(app, world, name, "POST"):
        check(name, rule, side, response)
    if name == "outsider":
        with reader() as session:
            assert snapshot(session) == before


@pytest.fixture
def snapshot() -> Callable[[Session], Any]:
    """What somebody without any account may not change by any road: cases, their logs, calls."""

    def look(session: Session) -> list[tuple[object, ...]]:
        cases = select(Case.id, Case.state, Case.owner_id, Case.outcome).order_by(Case.id)
        return [tuple(row) for row in session.execute(cases)]

    return look


def test_whoever_is_not_signed_in_reads_nothing(app: Flask, world: World) -> None:
    stranger = Staff(app, app.test_client())
    for rule in roads(app, "GET"):
        response = stranger.get(world.path(rule, "north"))
        assert response.status_code == 303, rule.rule
        assert response.location.startswith("/staff/login")
        assert not [word for word in WORDS_OF_THE_NORTH if word in response.text]
    for rule in roads(app, "POST"):
        assert stranger.post(world.path(rule, "north")).status_code == 401, rule.rule
