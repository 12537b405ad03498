"""A slice by one or two of its dimensions, each line opening its people."""

from collections.abc import Mapping

from flask import render_template, request

from surveyd.base.database import reading
from surveyd.reports.breakdown import SORTS, BreakdownPage
from surveyd.results.breakdowns import break_down
from surveyd.results.figures import figures_of
from surveyd.results.slices import is_dimension
from surveyd.web.access import reader
from surveyd.web.staff.frame import bp
from surveyd.web.staff.slices import Seen, by_name, seen_slice

BESIDE = ("by", "and", "sort", "ranked")
USUAL = "region"
OF_LIST = ("region", "tier", "manager")
"""What the list of accounts can be narrowed by, one value each."""


@bp.get("/breakdown")
def breakdown() -> str:
    """The slice of the address `by` one dimension, `and` another; `sort` and `ranked` say in which order."""
    sort = request.args.get("sort", "")
    with reading() as session:
        seen = seen_slice(session, beside=BESIDE)
        by = _dimensions(seen)
        page = None
        if seen.whole.waves and by:
            page = BreakdownPage(
                whole=figures_of(session, seen.whole, seen.cut),
                found=break_down(session, seen.whole, seen.cut, by=by, scope=reader().scope),
                wave=seen.wave,
                names=tuple(seen.name(name) for name in by),
                label=seen.label,
                sort=sort if sort.removeprefix("-") in SORTS else "name",
                ranked=request.args.get("ranked") == "1",
            )
    chosen = dict(zip(("by", "and"), by, strict=False))
    ways = {"rows": _rows, "by_name": by_name}
    return render_template("staff/breakdown.html", page=page, seen=seen, chosen=chosen, **ways)


def _dimensions(seen: Seen) -> tuple[str, ...]:
    """The one or two dimensions of the address; regions, or else the first there is, without a wish."""
    offered = [choice.name for choice in seen.choices]
    usual = [USUAL] if USUAL in offered else offered[:1]
    asked = [request.args.get(name, "") for name in ("by", "and")]
    wanted = [name for name in dict.fromkeys(asked) if is_dimension(name)]
    return tuple(wanted or usual)


def _rows(seen: Seen, line: dict[str, list[str]]) -> tuple[str, Mapping[str, object]]:
    """Where a line's rows are listed: its accounts, or its people where accounts cannot be narrowed so."""
    words = {name: values for name, values in line.items() if name not in (*BESIDE, "weighting")}
    narrow = {name: values for name, values in words.items() if name != "wave"}
    plain = all(
        name in OF_LIST and len(values) == 1 and values[0].strip("-") for name, values in narrow.items()
    )
    if plain and len(seen.whole.waves) == 1:
        return "staff.accounts", {name: of[0] for name, of in narrow.items()} | {"wave": seen.wave}
    return "staff.responses", dict(words)
