"""`surveyd duplicates`: contacts and accounts that are probably one, and making them one."""

from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.database import reading, writing
from surveyd.base.errors import NotFound
from surveyd.base.keyset import Wanted
from surveyd.cli.house import as_json, house, print_json, print_table
from surveyd.operations.merge import merge as merge_two
from surveyd.operations.side_by_side import MODELS, both, fields_of
from surveyd.people.access import SYSTEM
from surveyd.people.duplicate_jobs import search_now
from surveyd.people.duplicate_lists import PairLine, list_pairs, say_apart
from surveyd.people.duplicate_models import SameKind
from surveyd.people.duplicates import REASONS

HEADINGS = {"kind": "Kind", "score": "Score", "one": "One", "other": "The other", "why": "Why"}
kinds = click.Choice([kind.value for kind in SameKind])


@click.group()
def duplicates() -> None:
    """Contacts and accounts that are probably one: find them, make them one, or keep them two."""


@duplicates.command("list")
@click.option("--kind", type=kinds, default=None, help="Only contacts, or only accounts.")
@click.option("--find", is_flag=True, help="Search now, before the list is printed.")
@as_json
def list_(kind: str | None, *, find: bool, as_json: bool) -> None:
    """Print the pairs by external ids, the surest first."""
    with house():
        if find:
            search_now()
        with reading() as session:
            rows = [_row(line) for line in _every_pair(session, kind or "")]
    if as_json:
        print_json(rows)
        return
    print_table([{**row, "why": ", ".join(row["why"])} for row in rows], HEADINGS)


@duplicates.command()
@click.argument("kind", type=kinds)
@click.argument("kept")
@click.argument("gone")
@click.option("--take", default=None, help="Fields that stay as GONE has them: name,email. Else the fuller.")
def merge(kind: str, kept: str, gone: str, take: str | None) -> None:
    """Have GONE go on as KEPT, both by external id. Safe to run twice."""
    same_kind = SameKind(kind)
    fields = None if take is None else [name.strip() for name in take.split(",") if name.strip()]
    with house() as services, writing() as session:
        ids = {"kept_id": _id_of(session, same_kind, kept), "gone_id": _id_of(session, same_kind, gone)}
        done = merge_two(session, same_kind, **ids, take=fields, by=None, now=services.clock.now())
        moved = ", ".join(f"{count} of {table}" for table, count in sorted(done.moved.items()))
        taken = ", ".join(sorted(done.taken))
    click.echo(f"{gone} goes on as {kept}. History: {moved or 'none'}. Fields taken: {taken or 'none'}.")


@duplicates.command()
@click.argument("kind", type=kinds)
@click.argument("one")
@click.argument("other")
def compare(kind: str, one: str, other: str) -> None:
    """Print two side by side, with what would stay."""
    same_kind = SameKind(kind)
    with house(), reading() as session:
        ids = [_id_of(session, same_kind, name) for name in (one, other)]
        rows = [
            {
                "field": field.name,
                "one": field.values[0],
                "other": field.values[1],
                "stays": (one, other)[field.prefers] if field.differs else "",
            }
            for field in fields_of(*both(session, same_kind, ids, scope=SYSTEM))
        ]
    print_table(rows, {"field": "Field", "one": one, "other": other, "stays": "Would stay"})


@duplicates.command()
@click.argument("kind", type=kinds)
@click.argument("one")
@click.argument("other")
def apart(kind: str, one: str, other: str) -> None:
    """Say that ONE and OTHER are two: they are not listed again."""
    same_kind = SameKind(kind)
    with house() as services, writing() as session:
        ids = (_id_of(session, same_kind, one), _id_of(session, same_kind, other))
        both(session, same_kind, ids, scope=SYSTEM)
        say_apart(session, same_kind, ids, by=None, now=services.clock.now())
    click.echo(f"{one} and {other} stay two.")


def _every_pair(session: Session, kind: str) -> list[PairLine]:
    lines: list[PairLine] = []
    after = ""
    while True:
        page = list_pairs(session, Wanted(sort="-score", after=after, filters={"kind": kind}), scope=SYSTEM)
        lines += page.lines
        after = page.after
        if not after:
            return lines


def _row(line: PairLine) -> dict[str, Any]:
    """Ids alone: what a command prints may end in a log."""
    return {
        "kind": line.kind,
        "score": line.score,
        "one": line.low.external_id,
        "other": line.high.external_id,
        "why": [REASONS.get(reason, reason) for reason in line.reasons],
    }


def _id_of(session: Session, kind: SameKind, external_id: str) -> int:
    model = MODELS[kind]
    found = session.scalar(select(model.id).where(model.external_id == external_id))
    if found is None:
        raise NotFound(kind.value, external_id)
    return found
