"""Jobs of distribution: ids only, may run twice; each says "look now" about one wave."""

from surveyd.base.database import reading, writing
from surveyd.base.services import services
from surveyd.distribution.audience import twins_of
from surveyd.distribution.models import QuestionnaireVersion, Wave, WaveState
from surveyd.distribution.preparing import prepare_chunk
from surveyd.distribution.waves import program_of
from surveyd.people.batches import is_writing

PREPARE_WAVE = "surveyd.distribution.jobs.prepare_wave"


def prepare_wave(wave_id: int) -> None:
    """Write the ledger of a launched wave, chunk by chunk, each committed.

    While an import is written it leaves the wave to the next sweep: no chunk sees half a list.
    """
    with reading() as session:
        wave = session.get(Wave, wave_id)
        twins = twins_of(session, wave)
    more = True
    while more:
        with writing() as session:
            wave = session.get(Wave, wave_id)
            if wave is None or wave.state is not WaveState.PREPARING:
                return
            if is_writing(session):
                return
            version = session.get_one(QuestionnaireVersion, wave.version_id)
            more = prepare_chunk(
                session,
                wave,
                program_of(session, wave),
                twins=twins,
                keys=services().keys,
                languages=tuple(version.definition["languages"]),
            )
