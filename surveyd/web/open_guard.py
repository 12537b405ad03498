"""What an open link looks at against spam: how quickly a page comes back, a trap, and how many come."""

import secrets

from flask import request

from surveyd.base.clock import system_now
from surveyd.base.services import services
from surveyd.responses.open_visits import OpenDoor
from surveyd.web.limits import MANY_VISITS, client_address, guesses

FORM = "open-form"
NONCE_BYTES = 16
QUICK_SECONDS = 2.0
"""Nobody reads a page and answers it in less."""
TRAP, MANY, NO_FORM = "trap", "many", "no_form"
"""What looks like spam: the hidden field is filled, too many come, or the page was never opened."""


def issue() -> str:
    """The signed time and random number that a first page carries."""
    stamp = f"{system_now().timestamp():.1f}:{secrets.token_urlsafe(NONCE_BYTES)}"
    return services().keys.signed(FORM, stamp)


def nonce() -> str:
    """The random number of the page that was sent; empty when we have not made it."""
    return _stamp().partition(":")[2]


def is_quick() -> bool:
    """Whether the page came back sooner than anybody reads it."""
    issued = _issued()
    return issued is not None and system_now().timestamp() - issued < QUICK_SECONDS


def _issued() -> float | None:
    stamp = _stamp()
    return float(stamp.partition(":")[0]) if stamp else None


def _stamp() -> str:
    """What the first page carries, when we have made it: its time, and a number that no other page has."""
    return services().keys.read_signed(FORM, request.form.get("issued", "")) or ""


def suspicion(door: OpenDoor) -> str:
    """What about this first page looks like spam; empty for nothing."""
    if request.form.get("website"):
        return TRAP
    if _issued() is None:
        return NO_FORM
    # Anonymous answers cannot be looked through later, and a whole company may stand behind one address.
    if door.is_anonymous or guesses().count(MANY_VISITS, client_address()):
        return ""
    return MANY
