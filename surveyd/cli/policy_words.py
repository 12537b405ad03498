"""A scoring policy in the words of the command line: its numbers, and what a proposal would move."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from surveyd.results.comparison import Comparison, Totals, moving
from surveyd.results.movement import Move
from surveyd.results.policy_data import AXES, data_of
from surveyd.results.policy_reference import ACCOUNTS, METHODS_SAYS, MINIMUM, TOP, Part
from surveyd.results.proposals import PolicyLine
from surveyd.results.revenue import Money
from surveyd.scoring.nps import Counts, summary


def policy_row(line: PolicyLine) -> dict[str, Any]:
    """A version as one row."""
    return {
        "version": line.version,
        "state": line.state.value,
        "title": line.title,
        "proposed": line.proposed_at,
        "decided": line.decided_at,
        "in force": line.in_force_at,
        "rescored": f"{line.rescored} of {line.to_rescore}" if line.to_rescore else "",
    }


def outline(line: PolicyLine) -> Iterator[str]:
    """A version as lines of text."""
    data = data_of(line.policy)
    yield f"Version {line.version} ({line.state.value}): {line.title}"
    yield ""
    yield from _numbers(data, TOP)
    for axis in AXES:
        parts = ", ".join(f"{name} by {weight}" for name, weight in data["axes"][axis].items())
        yield f"{axis} counts {parts or 'nothing'}"
    yield ""
    yield f"An account: {METHODS_SAYS[line.policy.accounts.method]}."
    yield "Voices weigh: " + ", ".join(f"{role} {weight}" for role, weight in line.policy.accounts.roles)
    yield from _numbers(data["accounts"], ACCOUNTS)
    yield ""
    yield from _numbers(data["minimums"], MINIMUM)


def comparison_lines(found: Comparison) -> Iterator[str]:
    """A comparison as lines of text."""
    yield (
        f"Of {found.responses} responses: {found.people_moving} people and {found.accounts_moving} accounts"
        f" would move, compared with version {found.against}."
    )
    yield ""
    for name, moves in (("people", found.people), ("accounts", found.accounts)):
        for move in moves:
            if move.before != move.now:
                yield f"{move.count} {name} from {move.before} to {move.now}{_worth(move)}"
    if moving(found.people) or moving(found.accounts):
        yield ""
    yield from _totals("now", found.before, found.after)
    for wave in found.waves:
        yield ""
        score = summary(Counts(wave.detractors, wave.passives, wave.promoters)).shown
        yield from _totals(f"{wave.wave} (NPS {score} stays)", wave.before, wave.after)


def _numbers(data: dict[str, int], part: Part) -> Iterator[str]:
    for name, number in part.numbers.items():
        yield f"{number.written(data[name]):>6} {number.unit:<9} {number.says}"


def _worth(move: Move) -> str:
    said = _sums(move.sums)
    unknown = f", {move.unknown} without a known revenue" if move.unknown else ""
    return f" ({said}{unknown})" if move.sums else ""


def _totals(name: str, before: Totals, after: Totals) -> Iterator[str]:
    yield f"{name}:"
    for kind, was, becomes in (
        ("people", before.people, after.people),
        ("accounts", before.accounts, after.accounts),
    ):
        pairs = (f"{segment} {was[segment]} -> {becomes[segment]}" for segment in was)
        yield f"  {kind}: {', '.join(pairs)}"
    means = ((name, before.means[name], after.means[name]) for name in before.means)
    yield "  means: " + ", ".join(
        f"{index} {_mean(was)} -> {_mean(becomes)}" for index, was, becomes in means
    )
    yield (
        f"  at risk: {before.at_risk_accounts} accounts ({_sums(before.at_risk)})"
        f" -> {after.at_risk_accounts} ({_sums(after.at_risk)})"
    )


def _mean(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _sums(sums: Sequence[Money] | Iterable[Money]) -> str:
    return ", ".join(f"{money.cents / 100:,.0f} {money.currency}" for money in sums) or "no revenue"
