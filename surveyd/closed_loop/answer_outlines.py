"""What a look at a file of answers found, as it is kept beside the file and shown on a page."""

from collections.abc import Sequence

from surveyd.base.errors import Fault
from surveyd.closed_loop.answer_imports import Preview
from surveyd.people.outlines import SHOWN, Heading, Outline, Place
from surveyd.people.tables import Table


def outline_of(seen: Preview, table: Table | None) -> Outline:
    """The outline of a preview of `table`, None when it could not be read."""
    headings = table.headings if table else ()
    return Outline(
        added=seen.new,
        unchanged=seen.answered,
        rejected=seen.rejected,
        headings=tuple(Heading(name, seen.columns.heading_of(place)) for place, name in enumerate(headings)),
        faults=_places(seen.faults),
        fault_count=len(seen.faults),
        columns_fit=not seen.columns.faults,
        digest=seen.digest,
        notes=_places(seen.notes),
        note_count=len(seen.notes),
        invited=seen.invited,
        incomplete=seen.incomplete,
    )


def _places(faults: Sequence[Fault]) -> tuple[Place, ...]:
    return tuple(Place(fault.line, fault.column, fault.reason) for fault in faults[:SHOWN])
