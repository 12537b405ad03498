"""What the probes of a wave have shown. What its receivers refuse is as bad as what DNS would say of it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from surveyd.base.sending_domain import Seed
from surveyd.base.tokens import Keys
from surveyd.distribution.launching.arrivals import says_probe
from surveyd.distribution.launching.findings import Finding, Report, green, red, worst_first, yellow
from surveyd.distribution.launching.gate import keep_report, latest_report
from surveyd.distribution.launching.probes import Arrival, Phase, Probe, read_probes, take_probe
from surveyd.distribution.models import Program, Wave, WaveState
from surveyd.distribution.waves import program_of

BEGINS = "probe_"
"""How the code of each of these findings begins."""
GOOD = ("pass", "bestguesspass")
NOBODY_KNOWS = "temperror"
"""The receiver could not ask; that says nothing of the sender."""


def check_probes(probes: Iterable[Probe], seeds: Sequence[Seed]) -> list[Finding]:
    """What is known of each seed box; nothing without any."""
    known = {probe.seed: probe for probe in probes}
    return [finding for seed in seeds for finding in _seed(seed.address, known.get(seed.address))]


def with_probes(report: Report, found: Sequence[Finding]) -> Report:
    """The report with these findings of its probes in place of those that it has."""
    others = [finding for finding in report.findings if not finding.code.startswith(BEGINS)]
    return replace(report, findings=worst_first([*others, *found]))


def _seed(address: str, probe: Probe | None) -> list[Finding]:
    if probe is None:
        return [yellow("probe_missing", address)]
    if probe.phase is Phase.ARRIVED:
        return _arrived(probe)
    return [
        {
            Phase.WAITING: yellow("probe_waiting", address),
            Phase.UNDELIVERED: yellow("probe_undelivered", address),
            Phase.LOST: yellow("probe_lost", address),
            Phase.OLD: yellow("probe_old", address),
            Phase.OTHER_SENDER: yellow("probe_other_sender", address),
        }[probe.phase]
    ]


def _arrived(probe: Probe) -> list[Finding]:
    seed = probe.seed
    found = _judged(probe) if probe.is_judged else [yellow("probe_unjudged", seed, seconds=probe.seconds)]
    if probe.is_junk:
        found.append(yellow("probe_junk", seed))
    if probe.covers_opt_out is False:
        found.append(yellow("probe_opt_out", seed))
    return found


def _judged(probe: Probe) -> list[Finding]:
    seed, by = probe.seed, probe.server or probe.seed.rpartition("@")[2]
    results = {"SPF": probe.spf, "DKIM": probe.dkim, "DMARC": probe.dmarc}
    passed = ", ".join(f"{name} {result}" for name, result in results.items() if result in GOOD)
    found = []
    if passed:
        found.append(green("probe_arrived", seed, seconds=probe.seconds, by=by, said=passed))
    elif any(results.values()):
        found.append(green("probe_came", seed, seconds=probe.seconds))
    if probe.spf not in ("", *GOOD):
        found.append(_level(probe.spf, "probe_spf", seed, by))
    if probe.dkim not in ("", *GOOD):
        found.append(_level(probe.dkim, "probe_dkim", seed, by))
    if probe.dmarc not in ("", *GOOD):
        found.append(_level(probe.dmarc, "probe_dmarc", seed, by))
    unsaid = [name for name, result in results.items() if not result]
    # Where DMARC passes, the others have passed as far as they are needed.
    if unsaid and probe.dmarc not in GOOD:
        found.append(yellow("probe_unsaid", seed, by=by, unsaid=", ".join(unsaid), seconds=probe.seconds))
    return found


def _level(result: str, code: str, seed: str, by: str) -> Finding:
    make = yellow if result == NOBODY_KNOWS else red
    return make(code, seed, by=by, result=result)


def keep_probes(
    session: Session, wave: Wave, program: Program, *, seeds: Sequence[Seed], now: datetime
) -> None:
    """Let the kept look at a wave, if there is one, say what its probes show by now."""
    report = latest_report(session, wave.id)
    if report is not None and wave.state is WaveState.SCHEDULED:
        found = check_probes(read_probes(session, wave, program, now=now), seeds)
        keep_report(session, wave.id, with_probes(report, found))


def receive(
    session: Session, raw: bytes, *, keys: Keys, seeds: Sequence[Seed], now: datetime
) -> Arrival | None:
    """Take a mail that came in, if it is a probe, and let the kept look at its wave say so; else None."""
    if not says_probe(raw):
        return None
    arrival = take_probe(session, raw, keys=keys, seeds=seeds, now=now)
    if arrival is not None and arrival.is_new and arrival.wave_id is not None:
        wave = session.get_one(Wave, arrival.wave_id)
        keep_probes(session, wave, program_of(session, wave), seeds=seeds, now=now)
    return arrival
