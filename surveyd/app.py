"""create_app: a table of contents."""

from flask import Flask

from surveyd.base import models as base_models
from surveyd.base.clock import Clock
from surveyd.base.config import Config, load_config
from surveyd.base.database import db, open_database
from surveyd.base.mailer import Post
from surveyd.base.services import open_services
from surveyd.closed_loop import models as closed_loop_models
from surveyd.distribution import (
    audience_models,
    cadence_models,
    calendar_models,
    call_models,
    confirmation_models,
    launch_models,
    limit_models,
    merge_models,
    paper_models,
    probe_models,
    questionnaire_models,
    return_models,
    seal_models,
    tally_models,
    template_models,
    trigger_models,
    wish_models,
)
from surveyd.distribution import models as distribution_models
from surveyd.distribution.audience_dimensions import know_segments
from surveyd.distribution.launching.confirming import know_leaning
from surveyd.people import duplicate_models, import_models, rate_models
from surveyd.people import models as people_models
from surveyd.responses import models as response_models
from surveyd.responses import open_models
from surveyd.results import analysis_models, outside_models, theme_models
from surveyd.results import models as result_models
from surveyd.results.last_segments import last_segment_in
from surveyd.results.shelf import keep_in
from surveyd.results.skews import leaning_managers
from surveyd.web.site import open_site

# Their tables hang on the one metadata that migrations are held against.
TABLES = (
    base_models,
    people_models,
    import_models,
    duplicate_models,
    rate_models,
    distribution_models,
    audience_models,
    cadence_models,
    calendar_models,
    call_models,
    confirmation_models,
    launch_models,
    limit_models,
    merge_models,
    paper_models,
    probe_models,
    questionnaire_models,
    return_models,
    seal_models,
    tally_models,
    template_models,
    trigger_models,
    wish_models,
    response_models,
    open_models,
    result_models,
    analysis_models,
    outside_models,
    theme_models,
    closed_loop_models,
)


def create_app(config: Config | None = None, clock: Clock | None = None) -> Flask:
    """The application. Raises ConfigError when the configuration cannot be used."""
    config = config or load_config()
    app = Flask("surveyd")
    open_services(app, config, clock)
    open_database(app, config.database_url)
    keep_columns(app, config)
    know_segments(last_segment_in)
    know_leaning(leaning_managers)
    Post(app, config.relay)
    open_site(app)
    return app


def keep_columns(app: Flask, config: Config) -> None:
    """Let the columns of waves be kept as files in the data folder."""
    with app.app_context():
        keep_in(db.engine, config.data / "columns")
