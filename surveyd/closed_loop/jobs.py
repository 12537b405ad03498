"""Jobs of the closed loop: ids only, may run twice."""

from surveyd.base.clock import system_now
from surveyd.base.database import writing
from surveyd.base.services import services
from surveyd.closed_loop.letter_sending import queue_chunk
from surveyd.closed_loop.models import Letter

SEND_LETTER = "surveyd.closed_loop.jobs.send_letter"


def send_letter(letter_id: int) -> None:
    """Queue the letters of a letter that is being sent, chunk by chunk, each committed."""
    house, more = services(), True
    while more:
        with writing() as session:
            letter = session.get(Letter, letter_id)
            if letter is None:
                return
            more = queue_chunk(
                session,
                letter,
                now=house.clock.now(),
                system_now=system_now(),
                mail_domain=house.config.mail_domain,
            )
