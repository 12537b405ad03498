"""`surveyd wave audience`: whom a wave asks, who is in, who is out, and why somebody gets no mail."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime

import click
from sqlalchemy.orm import Session

from surveyd.base.database import reading, writing
from surveyd.base.keyset import Wanted
from surveyd.cli.house import as_json, house, print_json
from surveyd.distribution import waves
from surveyd.distribution.audience import RULES, audience_of, compare_with_last
from surveyd.distribution.audience_details import Details, Misfit
from surveyd.distribution.audience_dimensions import (
    CUSTOM,
    OF_ACCOUNTS,
    OF_CONTACTS,
    SEGMENT,
    is_dimension,
)
from surveyd.distribution.audience_lists import LATER, Reasoned, added_later, list_audience, reasons_of
from surveyd.distribution.audience_models import Customers, SampleKind
from surveyd.distribution.audience_plans import MOST_SEED, Plan, Sampling, filters_of, plain_name, plan_of
from surveyd.distribution.audience_samples import draw_again, drawn_of, save_plan
from surveyd.distribution.models import Wave
from surveyd.people.access import SYSTEM
from surveyd.people.amounts import read_amount
from surveyd.people.audit import record
from surveyd.scoring.allocation import Allocation

SAMPLE = re.compile(r"([1-9][0-9]{0,7})(%?)")
NAMES = ", ".join((*OF_ACCOUNTS, *OF_CONTACTS, SEGMENT, f"{CUSTOM}NAME"))


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line says about whom a wave asks."""

    customers: str | None
    only: tuple[str, ...]
    revenue: str | None
    sample: str | None
    by: tuple[str, ...]
    allocation: str
    least: int
    seed: int | None
    everybody: bool

    @property
    def is_plan(self) -> bool:
        """Whether it says anything."""
        return bool(self.customers or self.only or self.revenue or self.sample or self.everybody)

    def plan(self) -> Plan:
        """The plan that it says. Raises a usage error for what cannot be read."""
        low, high = _range(self.revenue)
        return Plan(
            Customers(self.customers or Customers.ACTIVE), _filters(self.only), low, high, self._sampling()
        )

    def _sampling(self) -> Sampling:
        if self.sample is None:
            return Sampling()
        found = SAMPLE.fullmatch(self.sample)
        if found is None:
            raise click.UsageError(f"--sample {self.sample!r} is none; write 500, or 10%.")
        kind = SampleKind.SHARE if found[2] else SampleKind.NUMBER
        seed = secrets.randbelow(MOST_SEED) if self.seed is None else self.seed
        return Sampling(kind, int(found[1]), self.by, Allocation(self.allocation), self.least, seed)


@click.command()
@click.argument("wave")
@click.option(
    "--customers",
    type=click.Choice([one.value for one in Customers]),
    help="Whom it asks; active without it.",
)
@click.option("--only", multiple=True, metavar="NAME=VALUE", help=f"Those alone; may stand often: {NAMES}.")
@click.option(
    "--revenue", metavar="FROM..TO", help="Yearly revenue in whole units; either end may be missing."
)
@click.option("--sample", metavar="N|N%", help="A random sample of so many people, or so many percent.")
@click.option("--by", multiple=True, metavar="NAME", help="Draw by one or two of these.")
@click.option(
    "--allocation",
    type=click.Choice([one.value for one in Allocation]),
    default="proportional",
    help="Of each group.",
)
@click.option("--least", type=click.IntRange(0), default=0, help="So many of each group, with minimum.")
@click.option("--seed", type=click.IntRange(0, MOST_SEED - 1), help="Draws the same people again.")
@click.option("--everybody", is_flag=True, help="Take filters and sample away.")
@click.option("--draw", is_flag=True, help="Draw the sample again with its seed.")
@click.option(
    "--why", metavar="WORDS", help="Why these contacts get no mail: a name, address, account or id."
)
@as_json
def audience(wave: str, *, draw: bool, why: str | None, as_json: bool, **wishes: object) -> None:
    """Whom a wave asks: say it before the launch; see who is in, who is out, and by which rule.

    What is said stands for the whole plan: --only region=North --sample 500 asks 500 people of the North.
    """
    asked = Wishes(**wishes)  # type: ignore[arg-type]  # the options above, by name
    with house() as services:
        now = services.clock.now()
        if asked.is_plan or draw:
            _change(wave, asked, now=now)
        with reading() as session:
            found = waves.find_wave(session, wave)
            _tell_why(session, found, why, now) if why else _tell(session, found, now, as_json=as_json)


def _change(wave: str, asked: Wishes, *, now: datetime) -> None:
    with writing() as session:
        found = waves.find_wave(session, wave)
        program = waves.program_of(session, found)
        action = "plan_audience" if asked.is_plan else "draw_audience"
        if asked.is_plan:
            save_plan(session, found, program, asked.plan(), by=None, now=now)
        else:
            draw_again(session, found, program, now=now)
        record(session, action=action, thing="wave", thing_id=found.id, by=None, now=now)


def _tell(session: Session, wave: Wave, now: datetime, *, as_json: bool) -> None:
    program = waves.program_of(session, wave)
    everyone = audience_of(session, wave, program, now=now)
    out, plan, drawn = (
        len(everyone.members) - everyone.invited,
        plan_of(session, wave),
        drawn_of(session, wave),
    )
    if as_json:
        rows = [
            {"contact": one.external_id, "in": not one.rule, "rule": one.rule} for one in everyone.members
        ]
        facts = {"wave": wave.slug, "in": everyone.invited, "out": out, "by_rule": everyone.left_out}
        print_json({**facts, "plan": plan, "drawn": drawn, "rows": rows})
        return
    click.echo(f"{everyone.invited} contacts are in, {out} are out.")
    for rule, count in sorted(everyone.left_out.items()):
        click.echo(f"  {count:>7}  {RULES.get(rule, rule)}")
    for line in _plan_lines(plan):
        click.echo(line)
    if drawn:
        click.echo(f"Drawn: {drawn.people} of {drawn.of}, seed {plan.sampling.seed}.")
    then = compare_with_last(session, wave, program, now=now)
    if then.last:
        click.echo(f"The last wave, {then.last}, asked {then.then}.")


def _plan_lines(plan: Plan) -> list[str]:
    lines = [] if plan.customers is Customers.ACTIVE else ["It asks lapsed customers."]
    lines += [f"Only {name}: {', '.join(value or 'unknown' for value in of)}" for name, of in plan.filters]
    if plan.revenue_from_cents is not None or plan.revenue_to_cents is not None:
        lines.append(f"Only revenue {_units(plan.revenue_from_cents)}..{_units(plan.revenue_to_cents)}")
    return lines


def _tell_why(session: Session, wave: Wave, words: str, now: datetime) -> None:
    program = waves.program_of(session, wave)
    wish = Wanted(search=words, sort="name", filters={"in": "", "rule": "", "state": ""})
    found = list_audience(session, wave, program, wish=wish, scope=SYSTEM, now=now)
    told = reasons_of(session, wave, program, lines=found.lines, now=now)
    later = () if found.lines else added_later(session, wave, search=words, scope=SYSTEM)
    for each in (*told, *(Reasoned(line, (LATER,), ()) for line in later)):
        reasons = "; ".join(_reason(rule, each.details) for rule in each.rules)
        standing = f"is in: {each.line.standing.replace('_', ' ')}" if each.line.standing else "would be in"
        said = f"gets no mail: {reasons}" if reasons else standing
        click.echo(f"{each.line.name} ({each.line.external_id}) of {each.line.account} {said}.")
    if len(found.lines) > len(told):
        click.echo("There are more; write more of the name, or the address.")
    if not told and not later:
        click.echo("No contact is like that; look whether they were imported.")


def _reason(rule: str, details: Details) -> str:
    said = "they were added after the launch" if rule == LATER else RULES.get(rule, rule)
    if rule == "not_in_filter" and details.misfits:
        return f"{said} ({', '.join(map(_misfit, details.misfits))})"
    if rule == "rested" and details.asked:
        asked = details.asked
        rest = (
            f"{asked.at:%Y-%m-%d} by the wave {asked.wave} of {asked.program}; until {asked.until:%Y-%m-%d}"
        )
        return f"{said} ({rest})"
    return said


def _misfit(misfit: Misfit) -> str:
    name, wanted = plain_name(misfit.dimension), " or ".join(misfit.wanted)
    theirs = "" if misfit.value is None else f" is {misfit.value or 'unknown'}"
    return f"{name}{theirs}, asked is {wanted}" if wanted else f"{name} is not within what is asked"


def _filters(only: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    pairs = []
    for each in only:
        name, mark, value = each.partition("=")
        if not mark or not is_dimension(name.strip()):
            raise click.UsageError(f"--only {each!r} names no dimension; write NAME=VALUE with {NAMES}.")
        pairs.append((name.strip(), value.strip()))
    return filters_of(pairs)


def _range(text: str | None) -> tuple[int | None, int | None]:
    if text is None:
        return None, None
    low, mark, high = text.partition("..")
    try:
        if not mark:
            raise ValueError(text)
        return read_amount(low)[0], read_amount(high)[0]
    except ValueError as error:
        raise click.UsageError(f"--revenue {text!r} is no range; write 100000..500000.") from error


def _units(cents: int | None) -> str:
    return "" if cents is None else f"{cents / 100:g}"
