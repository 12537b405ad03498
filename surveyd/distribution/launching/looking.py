"""One look at a wave before its launch: the plan is read first, then everybody is asked at the same time."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from surveyd.base.config import Config
from surveyd.distribution.launching.domain import domain_checks
from surveyd.distribution.launching.findings import Finding, Report, red, worst_first
from surveyd.distribution.launching.network import check_address, check_links, check_relay
from surveyd.distribution.launching.plan import Plan
from surveyd.distribution.launching.plan_checks import plan_findings
from surveyd.distribution.launching.probe_checks import check_probes

log = logging.getLogger("surveyd.launching")

SECONDS = 8.0
"""What has not answered by then is not waited for."""
Check = Callable[[], list[Finding]]


def look(plan: Plan, config: Config, *, system_now: datetime) -> Report:
    """All findings about a plan. Asks the network for a few seconds at most: no transaction may be open."""
    is_production = config.env == "production"
    checks: list[Check] = [
        lambda: plan_findings(plan, base_url=config.base_url, is_production=is_production),
        *domain_checks(config, plan.sender),
        lambda: check_relay(config.relay, is_production=is_production),
        lambda: check_address(config),
        lambda: check_links(config, plan.paths),
        lambda: check_probes(plan.probes, config.sending_domain.seeds),
    ]
    findings = worst_first(in_parallel(checks, seconds=SECONDS))
    return Report(findings, plan.digest, plan.contacts, system_now)


def in_parallel(checks: Sequence[Check], *, seconds: float) -> list[Finding]:
    """What all checks found, in their order. One that takes longer, or fails, is a finding of its own."""
    done: queue.SimpleQueue[tuple[int, list[Finding]]] = queue.SimpleQueue()
    for place, check in enumerate(checks):
        threading.Thread(target=_run, args=(place, check, done), daemon=True, name="preflight").start()
    until = time.monotonic() + seconds
    found: dict[int, list[Finding]] = {}
    while len(found) < len(checks):
        try:
            place, findings = done.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            break
        found[place] = findings
    late = [red("look_unfinished")] if len(found) < len(checks) else []
    return [one for place in sorted(found) for one in found[place]] + late


def _run(place: int, check: Check, done: "queue.SimpleQueue[tuple[int, list[Finding]]]") -> None:
    try:
        found = check()
    except Exception:
        # A check that fails is no reason to launch.
        log.exception("a check failed")
        found = [red("look_unfinished")]
    done.put((place, found))
