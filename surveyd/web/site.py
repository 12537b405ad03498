"""The web as one step of create_app: pages, sign-in, guard, errors and headers."""

from flask import Flask

from surveyd.base.services import EXTENSION, Services
from surveyd.web import (
    demo,
    hooks,
    invitations_api,
    open_links,
    own_answers,
    passwords,
    respond,
    returned_mails,
    wishes,
)
from surveyd.web.access import open_access
from surveyd.web.assets import open_assets
from surveyd.web.auth import open_auth
from surveyd.web.errors import open_errors
from surveyd.web.filters import open_filters
from surveyd.web.headers import open_headers
from surveyd.web.health import open_health
from surveyd.web.limits import open_limits
from surveyd.web.staff.pages import open_staff
from surveyd.web.translation import open_translation

PERSONAL = (own_answers, wishes)
"""Modules whose pages hang below a personal link, beside the questions: importing them adds their routes."""


def open_site(app: Flask) -> None:
    """Add every page, and what stands around all of them. The guard stands before the forms' protection."""
    services: Services = app.extensions[EXTENSION]
    config = services.config
    open_headers(app, config)
    open_errors(app)
    open_limits(app, config)
    open_assets(app)
    open_filters(app)
    open_translation(app)
    respond.open_respond(app)
    open_links.open_open_links(app)
    app.register_blueprint(hooks.bp)
    app.register_blueprint(returned_mails.bp)
    app.register_blueprint(invitations_api.bp)
    open_health(app)
    open_staff(app)
    app.register_blueprint(passwords.bp)
    if config.env == "demo":
        app.register_blueprint(demo.bp)
    open_access(app)
    open_auth(app, config)
