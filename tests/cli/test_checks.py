"""`surveyd check`: what it says of the database's clock."""

from datetime import timedelta

import pytest
from flask import Flask

from surveyd.base.clock import system_now
from surveyd.cli.checks import check_database


def test_clocks_that_agree_are_well(app: Flask) -> None:
    with app.app_context():
        assert check_database(system_now()).severity == "ok"


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("wrong", [timedelta(seconds=-30), timedelta(minutes=5)])
def test_a_machine_whose_clock_is_wrong_is_named(app: Flask, wrong: timedelta) -> None:
    with app.app_context():
        found = check_database(system_now() + wrong)
    assert found.severity == "error"
    assert f"{round(abs(wrong).total_seconds())} seconds apart" in found.sentence
