"""What an edge needs besides the database: configuration, clock and bell of the running app."""

from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app

from surveyd.base.clock import Clock, open_clock
from surveyd.base.config import Config
from surveyd.base.jobs import Bell
from surveyd.base.tokens import Keys

EXTENSION = "surveyd"


@dataclass(frozen=True, slots=True)
class Services:
    """The services of one app; only edges (views, CLI, jobs, the sender) ask for them."""

    config: Config
    clock: Clock
    bell: Bell

    @property
    def keys(self) -> Keys:
        return self.config.keys


def open_services(app: Flask, config: Config, clock: Clock | None = None) -> Services:
    """Hang the services on `app`; `clock` replaces the configured one in tests and rehearsals."""
    opened = Services(config, clock or open_clock(config.clock), Bell(config.redis_url))
    app.extensions[EXTENSION] = opened
    return opened


def services() -> Services:
    """The services of the current app. Raises RuntimeError outside an app context."""
    return cast(Services, current_app.extensions[EXTENSION])
