"""The console entry: hands create_app to the command line."""

from surveyd.app import create_app
from surveyd.cli.main import run

run(create_app)
