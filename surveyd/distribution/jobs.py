"""Jobs of distribution: ids only, may run twice; each says "look now" about one wave."""

from surveyd.base.database import reading, writing
from surveyd.base.services import services
from surveyd.distribution.audience import twins_of
from surveyd.distribution.models import QuestionnaireVersion, Wave, WaveState
from surveyd.distribution.preparing import prepare_chunk
from surveyd.distribution.waves import program_of

PREPARE_WAVE = "surveyd.distribution.jobs.prepare_wave"


def prepare_wave(wave_id: int) -> None:
    """Write the ledger of a launched wave, chunk by chunk, each committed."""
    with reading() as session:
        wave = session.get(Wave, wave_id)
        twins = twins_of(session, wave)
    more = True
    while more:
        with writing() as session:
            wave = session.get(Wave, wave_id)
            if wave is None or wave.state is not WaveState.PREPARING:
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
