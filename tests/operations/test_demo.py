"""The demo company: loaded once, through the verbs, with everybody accounted for; whatever comes between."""

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.orm import Session

from surveyd.app import create_app
from surveyd.base.clock import zone_named
from surveyd.base.config import load_config
from surveyd.base.database import Base, db, reading
from surveyd.base.errors import Refused
from surveyd.base.services import EXTENSION
from surveyd.closed_loop.letters import content_now
from surveyd.closed_loop.models import Case, CaseState, Letter, LetterState
from surveyd.distribution import waves
from surveyd.distribution.cadence import Window
from surveyd.distribution.call_models import Call, CallAttempt, CallState
from surveyd.distribution.models import (
    OWED,
    Exclusion,
    Invitation,
    InvitationState,
    Message,
    Suppression,
    Touch,
    TouchState,
    Wave,
    WaveState,
)
from surveyd.operations.catcher import list_mails, read_mail
from surveyd.operations.demo import DemoSummary, demo_sign_ins, load_demo
from surveyd.operations.replay.story import WAVES, day_zeros
from surveyd.people.models import Account, Contact, ImportRun, User
from surveyd.people.passwords import hash_password
from surveyd.responses.answers import AnswerChannel
from surveyd.responses.models import Draft, Response
from surveyd.results.models import Score
from tests.fixtures.apps import NOW, MakeApp
from tests.fixtures.cast import Cast
from tests.fixtures.databases import SECRET_KEY

SMALL, TINY = 24, 3
TABLES = Base.metadata.sorted_tables


@lru_cache(maxsize=1)
def _hash() -> str:
    return hash_password("the same for everybody")


def one_hash(_: str) -> str:
    """The hash of one password for everybody: what eighteen cost is tried in one test."""
    return _hash()


def quiet(what: str, done: int, total: int) -> None:
    assert what and 0 <= done <= total


def load(app: Flask, accounts: int) -> DemoSummary:
    with app.app_context():
        return load_demo(app.extensions[EXTENSION], now=NOW, progress=quiet, accounts=accounts)


def story(session: Session) -> list[tuple[object, ...]]:
    """All that was answered, by names that do not depend on the database."""
    rows = session.execute(
        select(Wave.slug, Contact.external_id, Response.given_at, Response.channel, Response.answers)
        .join(Wave, Wave.id == Response.wave_id)
        .join(Contact, Contact.id == Response.contact_id)
        .order_by(Wave.slug, Contact.external_id)
    )
    return [tuple(row) for row in rows]


def app_in(folder: Path, template: Path) -> Flask:
    """An app on a database of its own in `folder`."""
    (folder / "empty.toml").touch()
    shutil.copyfile(template, folder / "surveyd.db")
    environ = {"SURVEYD_CONFIG": str(folder / "empty.toml")}
    return create_app(load_config(environ, data=str(folder), secret_key=SECRET_KEY, env="demo"))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Flask]:
    """A small demo company on SQLite; tests only read it."""
    app = app_in(tmp_path_factory.mktemp("demo"), sqlite_template)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("surveyd.people.users.hash_password", one_hash)
        assert load(app, SMALL).is_new
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def rows(loaded: Flask) -> Iterator[Session]:
    """The rows of the small demo company."""
    with loaded.app_context(), reading() as session:
        yield session


@pytest.fixture(scope="module")
def loaded_tiny(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> list[tuple[object, ...]]:
    """The story of the tiny company, loaded in one go."""
    app = app_in(tmp_path_factory.mktemp("tiny"), sqlite_template)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("surveyd.people.users.hash_password", one_hash)
        load(app, TINY)
    with app.app_context(), reading() as session:
        told = story(session)
    with app.app_context():
        db.engine.dispose()
    return told


@pytest.fixture
def quick_staff(monkeypatch: pytest.MonkeyPatch) -> None:
    """One password for the whole staff."""
    monkeypatch.setattr("surveyd.people.users.hash_password", one_hash)


def count(session: Session, table: type[Base], *conditions: ColumnElement[bool]) -> int:
    return session.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()


def test_four_waves_half_a_year_apart_the_last_one_open(rows: Session) -> None:
    begun = list(rows.scalars(select(Wave).order_by(Wave.day_zero)))
    assert [wave.state for wave in begun] == [WaveState.CLOSED] * 3 + [WaveState.OPEN]
    assert [wave.day_zero for wave in begun] == day_zeros(NOW)
    assert all(wave.launched_by_id and wave.closes_at for wave in begun)


@pytest.mark.parametrize("hours", range(0, 24 * 14, 5))
def test_whenever_the_demo_is_loaded_reminders_are_out_and_calls_due(hours: int) -> None:
    now = datetime(2026, 7, 1, tzinfo=UTC) + timedelta(hours=hours)
    *earlier, last = day_zeros(now)
    assert timedelta(days=22) < now - last < timedelta(days=27)
    for zone in ("Europe/Berlin", "America/Los_Angeles"):
        called = Window().opens(last + timedelta(days=21), zone_named(zone))
        assert called <= now
    assert len(earlier) == WAVES - 1
    assert len({f"{day:%Y-%m}" for day in day_zeros(now)}) == WAVES


def test_every_contact_of_a_finished_wave_is_accounted_for(rows: Session) -> None:
    for wave in rows.scalars(select(Wave).where(Wave.state == WaveState.CLOSED)):
        told = waves.status(rows, wave)
        assert wave.launched_at is not None
        known = count(rows, Contact, Contact.created_at <= wave.launched_at)
        assert told.invited + sum(told.left_out.values()) == known
        assert told.owed == 0 and not told.planned
        assert set(told.invitations) <= {"answered", "closed", "declined", "opted_out"}
        assert told.answered == count(rows, Response, Response.wave_id == wave.id) > 0
        assert told.started >= told.answered
        assert count(rows, Score, Score.wave_id == wave.id) == told.answered
    assert count(rows, Touch, Touch.state == TouchState.HELD) == 0


def test_nobody_was_mailed_or_called_twice_or_after_the_answer(rows: Session) -> None:
    per_touch = select(func.count()).where(Message.touch_id.is_not(None)).group_by(Message.touch_id)
    assert set(rows.scalars(per_touch)) == {1}
    assert set(rows.scalars(select(Message.copies))) <= {0, 1}
    after = (
        select(func.count())
        .select_from(Message)
        .join(Invitation, Invitation.id == Message.invitation_id)
        .where(Message.touch_id.is_not(None), Message.created_at > Invitation.answered_at)
    )
    assert rows.execute(after).scalar_one() == 0
    called = (
        select(func.count())
        .select_from(CallAttempt)
        .join(Call, Call.id == CallAttempt.call_id)
        .join(Invitation, Invitation.id == Call.invitation_id)
        .where(CallAttempt.at > Invitation.answered_at)
    )
    assert rows.execute(called).scalar_one() == 0


def test_everything_stands_at_its_own_time(rows: Session) -> None:
    [first] = rows.scalars(select(Wave).order_by(Wave.day_zero).limit(1))
    assert first.day_zero is not None
    for column in (Message.sent_at, Response.given_at, CallAttempt.at, Case.opened_at):
        [(least, most)] = rows.execute(select(func.min(column), func.max(column)))
        assert least and most
        assert first.day_zero <= least and most <= NOW, column
    late = select(func.count()).select_from(Response).join(Wave, Wave.id == Response.wave_id)
    assert rows.execute(late.where(Response.given_at >= Wave.closes_at)).scalar_one() == 0
    for at, zone in rows.execute(
        select(Message.created_at, Invitation.time_zone)
        .join(Invitation, Invitation.id == Message.invitation_id)
        .where(Message.touch_id.is_not(None))
    ):
        local = at.astimezone(zone_named(zone))
        assert 8 <= local.hour < 18 and local.weekday() < 5


def test_answers_came_by_web_and_by_phone(rows: Session) -> None:
    by_phone = Response.channel == AnswerChannel.PHONE
    assert 0 < count(rows, Response, by_phone) < count(rows, Response) / 2
    assert count(rows, Response, by_phone, Response.interviewer_id.is_(None)) == 0
    assert count(rows, Response, ~by_phone, Response.interviewer_id.is_not(None)) == 0


def test_past_cases_are_worked_and_new_ones_wait(rows: Session) -> None:
    def states(*conditions: ColumnElement[bool]) -> Counter[CaseState]:
        joined = select(Case.state).join(Response, Response.id == Case.response_id)
        joined = joined.join(Wave, Wave.id == Response.wave_id).where(*conditions)
        return Counter(rows.scalars(joined))

    past, present = states(Wave.state == WaveState.CLOSED), states(Wave.state == WaveState.OPEN)
    assert past[CaseState.CLOSED] > 0.85 * past.total() > 0
    assert present[CaseState.OPEN] + present[CaseState.CONTACTED] > 0
    assert count(rows, Case, Case.owner_id.is_(None)) == 0
    closed = Case.state == CaseState.CLOSED
    assert count(rows, Case, closed, (Case.root_cause == "") | (Case.outcome == "")) == 0
    assert count(rows, Case, closed, Case.closed_at < Case.opened_at) == 0


def test_the_open_wave_has_work_for_everybody(rows: Session) -> None:
    calls = count(rows, Call, Call.state == CallState.OPEN)
    assert calls > 0
    waiting = Invitation.state == InvitationState.WAITING
    assert count(rows, Invitation, waiting) >= calls
    assert count(rows, Draft) > 0
    assert count(rows, Message, Message.state.in_(OWED)) == 0
    assert count(rows, Suppression) > 0
    assert count(rows, Exclusion) > 0


def test_the_letter_of_the_last_finished_wave_waits_for_its_executive(rows: Session) -> None:
    letter = rows.scalars(select(Letter)).one()
    finished = rows.scalar(select(func.max(Wave.id)).where(Wave.state == WaveState.CLOSED))
    assert (letter.state, letter.wave_id) == (LetterState.DRAFT, finished)
    points = content_now(rows, letter).points
    assert sum(bool(point.changed) for point in points) == 3 and len(points) == 5


def test_the_people_came_by_imports_that_grew(rows: Session) -> None:
    runs = list(rows.scalars(select(ImportRun).order_by(ImportRun.id)))
    assert sum(run.added for run in runs if run.kind == "contacts") == count(rows, Contact)
    assert sum(run.added for run in runs if run.kind == "accounts") == count(rows, Account) == SMALL
    assert count(rows, Account, Account.manager_id.is_(None)) == 0
    assert count(rows, Account, Account.revenue_cents.is_(None)) == 0


def test_no_row_points_nowhere(rows: Session) -> None:
    assert rows.execute(text("PRAGMA foreign_key_check")).all() == []
    assert rows.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"


def test_the_mails_of_the_open_wave_can_be_looked_at(loaded: Flask, rows: Session) -> None:
    data = loaded.extensions[EXTENSION].config.data
    listed = list_mails(data, limit=10_000)
    [open_wave] = rows.scalars(select(Wave).where(Wave.state == WaveState.OPEN))
    assert open_wave.day_zero is not None
    sent = count(rows, Message, Message.sent_at >= open_wave.day_zero)
    assert len(listed.mails) == listed.total == sent > 0
    assert [mail.arrived_at for mail in listed.mails] == sorted(
        (mail.arrived_at for mail in listed.mails), reverse=True
    )
    reached = {recipient for mail in listed.mails for recipient in mail.recipients}
    kinds = {
        name
        for name, recipient in rows.execute(select(Message.name, Message.recipient))
        if recipient in reached
    }
    assert kinds == {"invitation", "reminder", "thank_you", "case_alert"}
    mail = read_mail(data, listed.mails[0].key)
    assert mail.text and mail.html and mail.line.subject


def test_the_staff_of_the_list_can_sign_in(rows: Session) -> None:
    users = {user.email: user for user in rows.scalars(select(User))}
    assert {one.email: (one.role, one.region) for one in demo_sign_ins()} == {
        email: (user.role, user.region) for email, user in users.items()
    }


def test_a_second_call_changes_nothing(loaded: Flask, rows: Session) -> None:
    before = {
        table.name: rows.execute(select(func.count()).select_from(table)).scalar_one() for table in TABLES
    }
    later = NOW + timedelta(days=3)
    with loaded.app_context():
        again = load_demo(loaded.extensions[EXTENSION], now=later, progress=quiet)
    assert not again.is_new
    after = {
        table.name: rows.execute(select(func.count()).select_from(table)).scalar_one() for table in TABLES
    }
    assert after == before
    assert again.responses == before["responses"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_password_that_is_printed_is_the_one_that_is_kept(make_app: MakeApp) -> None:
    app = make_app()
    load(app, 1)
    with app.app_context(), reading() as session:
        kept = {user.email: user.password for user in session.scalars(select(User))}
    first, last = demo_sign_ins()[0], demo_sign_ins()[-1]
    for one in (first, last):
        assert PasswordHasher().verify(kept[one.email] or "", one.password)


@pytest.mark.usefixtures("quick_staff")
def test_both_databases_tell_the_same_story_also_after_an_interruption(
    app: Flask, loaded_tiny: list[tuple[object, ...]]
) -> None:
    seen: list[str] = []

    def interrupt(what: str, done: int, total: int) -> None:
        seen.append(what)
        if what not in seen[:1] and done > 20:
            raise KeyboardInterrupt

    with app.app_context(), pytest.raises(KeyboardInterrupt):
        load_demo(app.extensions[EXTENSION], now=NOW, progress=interrupt, accounts=TINY)
    with app.app_context(), reading() as session:
        assert 0 < len(story(session)) < len(loaded_tiny)
    assert load(app, TINY).is_new
    with app.app_context(), reading() as session:
        assert story(session) == loaded_tiny
    assert not load(app, TINY).is_new


def test_a_database_with_rows_of_its_own_is_left_alone(app: Flask, cast: Cast) -> None:
    with pytest.raises(Refused, match="data of its own"):
        load(app, TINY)
    with app.app_context(), reading() as session:
        assert session.get_one(User, cast.admin.id).name == cast.admin.name


def test_production_takes_no_demo(make_app: MakeApp) -> None:
    with pytest.raises(Refused, match="SURVEYD_ENV"):
        load(make_app(env="production"), TINY)
