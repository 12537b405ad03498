"""What every staff page stands in: the blueprint, and the navigation fitted to the reader's role."""

from dataclasses import dataclass

from flask import Blueprint, g, request
from werkzeug.routing import BaseConverter

from surveyd.web.access import Reader, reader
from surveyd.web.staff.lists import address_of

bp = Blueprint("staff", __name__, url_prefix="/staff")
bp.add_app_template_global(address_of)

PLACES = (
    ("staff.health", "Health", ("staff.health",)),
    ("staff.waves", "Waves", ("staff.waves", "staff.wave")),
    ("staff.accounts", "Accounts", ("staff.accounts", "staff.account", "staff.response")),
    ("staff.calls", "Calls", ("staff.calls", "staff.call")),
    ("staff.cases", "Cases", ("staff.cases", "staff.case")),
)
"""The pages that the navigation leads to, and the pages that belong to each."""


class IdConverter(BaseConverter):
    """A row's id in an address, written `<id:case_id>`: what no row can have leads nowhere."""

    regex = r"[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation."""

    endpoint: str
    name: str
    is_here: bool


def places_of(who: Reader) -> list[Place]:
    """The navigation of a reader: what the role opens, and where the reader is."""
    here = request.endpoint
    return [Place(target, name, here in within) for target, name, within in PLACES if who.may_open(target)]


@bp.context_processor
def _around() -> dict[str, object]:
    # An error page may be drawn before anybody is known.
    return {"reader": reader(), "places": places_of(reader())} if "reader" in g else {}
