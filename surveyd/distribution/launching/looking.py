"""One look at a wave before its launch: the plan is read first, then everybody is asked at the same time."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
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
UNFINISHED = "look_unfinished"
"""The finding about a check, by its name, that did not come to its end."""
Check = Callable[[], list[Finding]]


def look(plan: Plan, config: Config, *, system_now: datetime) -> Report:
    """All findings about a plan. Asks the network for a few seconds at most: no transaction may be open."""
    is_production = config.env == "production"
    checks: dict[str, Check] = {
        "plan": lambda: plan_findings(plan, base_url=config.base_url, is_production=is_production),
        **domain_checks(config, plan.sender),
        "relay": lambda: check_relay(config.relay, is_production=is_production),
        "base_url": lambda: check_address(config),
        "links": lambda: check_links(config, plan.paths),
        "probes": lambda: check_probes(plan.probes, config.sending_domain.seeds),
    }
    findings = worst_first(in_parallel(checks, seconds=SECONDS))
    return Report(findings, plan.digest, plan.contacts, system_now)


def in_parallel(checks: Mapping[str, Check], *, seconds: float) -> list[Finding]:
    """What all checks found, in their order. One that takes longer, or fails, is a finding of its own."""
    done: queue.SimpleQueue[tuple[str, list[Finding]]] = queue.SimpleQueue()
    for name, check in checks.items():
        threading.Thread(target=_run, args=(name, check, done), daemon=True, name=f"check {name}").start()
    until = time.monotonic() + seconds
    found: dict[str, list[Finding]] = {}
    while len(found) < len(checks):
        try:
            name, findings = done.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            break
        found[name] = findings
    return [one for name in checks for one in found.get(name, [red(UNFINISHED, name)])]


def _run(name: str, check: Check, done: "queue.SimpleQueue[tuple[str, list[Finding]]]") -> None:
    try:
        found = check()
    except Exception:
        # A check that fails is no reason to launch.
        log.exception("a check failed", extra={"facts": {"check": name}})
        found = [red(UNFINISHED, name)]
    done.put((name, found))
