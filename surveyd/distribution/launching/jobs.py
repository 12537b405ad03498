"""The look before a launch as an edge does it: read, ask the network, keep what was found."""

from surveyd.base.clock import system_now
from surveyd.base.database import reading, writing
from surveyd.base.errors import Refused
from surveyd.base.services import services
from surveyd.distribution.launching.findings import Report
from surveyd.distribution.launching.gate import is_fresh, keep_report, latest_report
from surveyd.distribution.launching.looking import look
from surveyd.distribution.launching.plan import read_plan
from surveyd.distribution.launching.probe_checks import keep_probes
from surveyd.distribution.launching.probes import send_probes
from surveyd.distribution.models import WaveState
from surveyd.distribution.waves import get_wave, program_of


def look_at(wave_id: int, *, again: bool = True) -> Report:
    """Look at a scheduled wave and keep what is found; without `again` a fresh look at the same plan does.

    No transaction is open while the network is asked. Raises NotFound, and Refused for a launched wave.
    """
    house = services()
    with reading() as session:
        wave = get_wave(session, wave_id)
        if wave.state is not WaveState.SCHEDULED:
            raise Refused(f"The wave {wave.slug} is {wave.state.value}; only a scheduled wave is checked.")
        plan = read_plan(session, wave, program_of(session, wave), keys=house.keys, now=house.clock.now())
        known = latest_report(session, wave_id)
    if known and not again and known.plan == plan.digest and is_fresh(known, system_now=system_now()):
        return known
    report = look(plan, house.config, system_now=system_now())
    with writing() as session:
        keep_report(session, wave_id, report)
    return report


def probe(wave_id: int, *, by: int | None) -> int:
    """Send a scheduled wave's first mail to the seed boxes; returns to how many. Raises NotFound, Refused."""
    house, now = services(), services().clock.now()
    seeds = house.config.sending_domain.seeds
    with writing() as session:
        wave = get_wave(session, wave_id)
        program = program_of(session, wave)
        sent = send_probes(
            session, wave, program, seeds=seeds, by=by, now=now, mail_domain=house.config.mail_domain
        )
        keep_probes(session, wave, program, seeds=seeds, now=now)
    return sent
