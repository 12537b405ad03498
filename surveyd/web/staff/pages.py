"""All staff pages as one step of the site."""

from flask import Flask

from surveyd.web.staff import accounts, calls, cases, health, home, interviews, responses, waves
from surveyd.web.staff.frame import IdConverter, bp

PAGES = (home, health, accounts, responses, calls, interviews, cases, waves)


def open_staff(app: Flask) -> None:
    """Serve the staff pages on `app`."""
    app.url_map.converters["id"] = IdConverter
    app.register_blueprint(bp)
