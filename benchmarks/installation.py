"""What a benchmark measures: a fresh installation with a launched wave, on a database that is durable."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime

from flask import Flask
from sqlalchemy import insert, select

from surveyd.app import create_app
from surveyd.base.config import load_config
from surveyd.base.database import db, forget_connections, reading, writing
from surveyd.base.services import EXTENSION, Services
from surveyd.distribution import programs, waves
from surveyd.distribution.cadence import Window
from surveyd.distribution.models import Invitation
from surveyd.distribution.programs import NewProgram
from surveyd.forms.definition import Questionnaire
from surveyd.people.models import Account, Contact
from surveyd.schedule import prepare_waves, release_touches
from tests.fixtures.children import short_folder
from tests.fixtures.databases import migrate
from tests.fixtures.houses import House
from tests.fixtures.postgres import DURABLE, postgres
from tests.fixtures.queues import Valkey

CONTACTS_AN_ACCOUNT = 5
CHUNK = 5000


@dataclass(frozen=True)
class Installation:
    """The processes' house, and the same app in this process."""

    kind: str
    house: House
    app: Flask

    @property
    def services(self) -> Services:
        """Configuration, clock and bell."""
        found: Services = self.app.extensions[EXTENSION]
        return found

    @property
    def now(self) -> datetime:
        """The program's time."""
        return self.services.clock.now()


@contextmanager
def installation(kind: str, **settings: str) -> Iterator[Installation]:
    """A fresh installation on `sqlite` or `postgresql`; its processes end with the block.

    Both databases are on disk and as durable as in production. Raises LookupError without PostgreSQL.
    """
    with ExitStack() as opened:
        folder = opened.enter_context(short_folder("bench"))
        url = f"sqlite:///{folder / 'surveyd.db'}"
        if kind == "postgresql":
            url = opened.enter_context(postgres(DURABLE)).url
        migrate(url, folder / "made")
        queue = Valkey(opened.enter_context(short_folder("queue")))
        queue.start()
        opened.callback(queue.stop)
        house = House(folder, {"database_url": url, "redis_url": queue.url, **settings})
        opened.callback(house.stop_all)
        app = create_app(load_config(house.env))
        opened.callback(_forget, app)
        yield Installation(kind, house, app)


def launch(place: Installation, slug: str, questionnaire: Questionnaire, *, people: int) -> int:
    """Ask `people` new contacts in a wave of their own, and write its ledger; returns the wave's id."""
    with place.app.app_context():
        with writing() as session:
            _add_people(place, slug, people)
            program = programs.create_program(
                session, _facts(slug), questionnaire=questionnaire, now=place.now
            )
            wave = waves.schedule_wave(session, program, slug, at=place.now, now=place.now)
            waves.launch(session, wave, now=place.now, by=None)
            wave_id = wave.id
        prepare_waves(place.services, place.now)
    return wave_id


def release(place: Installation) -> None:
    """Turn all due touches into mails."""
    with place.app.app_context():
        release_touches(place.services, place.now)


def links(place: Installation, wave_id: int, slug: str) -> list[str]:
    """The paths of the personal links of the wave's own contacts."""
    with place.app.app_context(), reading() as session:
        ids = session.scalars(
            select(Invitation.id)
            .join(Contact, Contact.id == Invitation.contact_id)
            .where(Invitation.wave_id == wave_id, Contact.external_id.startswith(f"{slug}-"))
            .order_by(Invitation.id)
        )
        return [f"/s/{place.services.keys.survey_token(one)}" for one in ids]


def _add_people(place: Installation, slug: str, people: int) -> None:
    session = db.session
    at = {"created_at": place.now, "updated_at": place.now}
    accounts = [
        {"external_id": f"{slug}-{number}", "name": f"Customer {number}", "country": "DE", "region": "North"}
        | {"tier": "C", "revenue_cents": 10_000_000, "currency": "EUR"}
        | at
        for number in range(people // CONTACTS_AN_ACCOUNT + 1)
    ]
    session.execute(insert(Account), accounts)
    known = session.execute(
        select(Account.external_id, Account.id).where(Account.external_id.startswith(f"{slug}-"))
    )
    ids: dict[str, int] = dict(known.tuples().all())
    contacts = [
        {
            "external_id": f"{slug}-{number}",
            "account_id": ids[f"{slug}-{number // CONTACTS_AN_ACCOUNT}"],
            "name": f"Nina Example-Person {number}",
            "email": f"{slug}.{number}@customer.test",
            "language": "en",
            "time_zone": "Europe/Berlin",
        }
        | at
        for number in range(people)
    ]
    for begin in range(0, people, CHUNK):
        session.execute(insert(Contact), contacts[begin : begin + CHUNK])


def _facts(slug: str) -> NewProgram:
    return NewProgram(
        slug=slug,
        company="Example Works",
        sender_name="Eva Executive",
        sender="survey@company.test",
        reply_to="reply@company.test",
        window=Window(0, 24, False),
        rest_days=0,
    )


def _forget(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        forget_connections()
