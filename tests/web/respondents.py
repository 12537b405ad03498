"""The cast, asked by an open wave, each with a personal link."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.tokens import Keys, token_digest
from surveyd.distribution.models import Invitation
from surveyd.people.models import Contact
from tests.fixtures.apps import NOW
from tests.fixtures.asking import open_wave


@dataclass(frozen=True)
class Letters:
    """Who got which link; Sofie reads German, the others English."""

    anna: str
    aziz: str
    sofie: str
    ids: dict[str, int]
    wave_id: int


def send_letters(session: Session, keys: Keys) -> Letters:
    """Ask Anna, Aziz and Sofie; flushed, not committed."""
    asking = open_wave(session, NOW)
    links: dict[str, str] = {}
    ids: dict[str, int] = {}
    for name in ("anna", "aziz", "sofie"):
        contact_id = getattr(asking.people, name).id
        ids[name] = asking.ask(contact_id)
        token = keys.survey_token(ids[name])
        invitation = session.get_one(Invitation, ids[name])
        invitation.token_digest = token_digest(token)
        invitation.language = session.scalar(select(Contact.language).where(Contact.id == contact_id)) or "en"
        links[name] = f"/s/{token}"
    session.flush()
    return Letters(**links, ids=ids, wave_id=asking.wave.id)
