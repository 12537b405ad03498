"""What is said after a call back was promised for a time at which nobody is called there: when it comes."""

from flask import request
from flask_babel import gettext as _

from surveyd.base.clock import system_now, zone_named
from surveyd.base.database import reading
from surveyd.base.errors import NotFound
from surveyd.base.services import services
from surveyd.distribution.calls import view_call
from surveyd.web.access import reader
from surveyd.web.filters import clock_time, moment

LONGEST = 18


def moved_words() -> str:
    """When the call back comes that the address names as moved; empty where it names none."""
    named = request.args.get("moved", "")
    if not (named.isascii() and named.isdecimal() and len(named) <= LONGEST):
        return ""
    try:
        with reading() as session:
            now, scope = services().clock.now(), reader().scope
            row = view_call(session, int(named), scope=scope, now=now, system_now=system_now()).row
    except NotFound:
        return ""
    if row.back_at is None:
        return ""
    there = clock_time(row.back_at.astimezone(zone_named(row.time_zone)))
    return _(
        "At the time that you wrote, nobody is called there. %(person)s comes back onto the list on"
        " %(when)s; there %(there)s.",
        person=row.name,
        when=moment(row.back_at),
        there=there,
    )
