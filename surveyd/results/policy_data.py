"""A policy as stored: plain data out of the frozen value, and back; the two are each other's inverse."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from surveyd.scoring.policy import SHIPPED, AccountRule, Axes, Minimums, Part, Policy, RollUp

CUTS = ("cut", "gate", "border", "needed")
AXES = ("attitude", "intent", "growth", "ease")
ACCOUNT_NUMBERS = (
    "split_agreement",
    "split_spread",
    "high_from",
    "high_coverage",
    "medium_from",
    "stale_after",
)
MINIMUMS = ("shown", "normal", "drivers", "drivers_each", "driver_accounts", "clusters")


def data_of(policy: Policy) -> dict[str, Any]:
    """Return a policy's definition, without its version."""
    accounts = policy.accounts
    return {
        **{name: getattr(policy, name) for name in CUTS},
        "axes": {axis: {part.measures: part.weight for part in getattr(policy.axes, axis)} for axis in AXES},
        "accounts": {
            "method": accounts.method.value,
            "roles": dict(accounts.roles),
            **{name: getattr(accounts, name) for name in ACCOUNT_NUMBERS},
        },
        "minimums": {name: getattr(policy.minimums, name) for name in MINIMUMS},
    }


def policy_of(version: str, data: Mapping[str, Any]) -> Policy:
    """Return the policy of a stored definition, which was checked when it was proposed."""
    accounts = data["accounts"]
    return Policy(
        version=version,
        **{name: data[name] for name in CUTS},
        axes=Axes(**{axis: _parts(data["axes"][axis]) for axis in AXES}),
        accounts=AccountRule(
            method=RollUp(accounts["method"]),
            roles=_roles(accounts["roles"]),
            **{name: accounts[name] for name in ACCOUNT_NUMBERS},
        ),
        minimums=Minimums(**{name: data["minimums"][name] for name in MINIMUMS}),
    )


def digest_of(policy: Policy) -> str:
    """Return what tells two versions apart: a SHA-256 over version and definition."""
    text = json.dumps([policy.version, data_of(policy)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _parts(weights: Mapping[str, int]) -> tuple[Part, ...]:
    return tuple(Part(measures, weight) for measures, weight in sorted(weights.items()))


def _roles(weights: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """The roles in their usual order: a database does not keep the order of an object's names."""
    usual = {role: place for place, (role, _) in enumerate(SHIPPED.accounts.roles)}
    return tuple(sorted(weights.items(), key=lambda pair: (usual.get(pair[0], len(usual)), pair[0])))
