"""All staff pages as one step of the site."""

from flask import Flask

from surveyd.web.staff import (
    accounts,
    actions,
    audience,
    calendar,
    call,
    calls,
    case,
    cases,
    health,
    home,
    imports,
    interviews,
    letter_editing,
    letters,
    link_results,
    links,
    me,
    messages,
    nominations,
    outbox,
    papers,
    programs,
    responses,
    summary,
    team,
    templates,
    unmatched,
    users,
    wave_changes,
    waves,
)
from surveyd.web.staff.frame import IdConverter, bp

PAGES = (
    home,
    health,
    accounts,
    nominations,
    team,
    responses,
    summary,
    calls,
    call,
    interviews,
    papers,
    cases,
    case,
    actions,
    waves,
    wave_changes,
    letters,
    letter_editing,
    audience,
    calendar,
    links,
    link_results,
    unmatched,
    programs,
    outbox,
    messages,
    imports,
    users,
    templates,
    me,
)


def open_staff(app: Flask) -> None:
    """Serve the staff pages on `app`."""
    app.url_map.converters["id"] = IdConverter
    app.register_blueprint(bp)
