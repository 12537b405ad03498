"""Answers of a planted truth about ten drivers, and what is asked of them."""

from dataclasses import replace

import numpy as np

from surveyd.scoring.driver_items import Answers, Driver
from surveyd.scoring.driver_report import DriverReport
from surveyd.scoring.drivers import drivers
from surveyd.scoring.unsaid import Unsaid

STAGES = (0, 0, 0, 1, 1, 2, 2, 2, 3, 3)
PLANTED = np.array([0.30, 0.10, 0.05, 0.25, 0.08, 0.20, 0.12, 0.05, 0.15, 0.02])
ITEMS = tuple(Driver(f"d{number + 1}", stage=f"stage {stage}") for number, stage in enumerate(STAGES))


def programme(people: int = 1_200, *, seed: int = 11, missing: float = 0.0) -> Answers:
    """Answers of five points from a planted truth: driver 1 weighs most, then 4; accounts of about three."""
    generator = np.random.default_rng(seed)
    accounts = generator.integers(0, max(2, people // 3), people)
    shared = generator.normal(size=people)[accounts]
    general = np.sqrt(0.4) * shared + np.sqrt(0.6) * generator.normal(size=people)
    of_stage = generator.normal(size=(people, 4))[:, STAGES]
    felt = 0.7 * general[:, None] + 0.3 * of_stage + np.sqrt(0.42) * generator.normal(size=(people, 10))
    felt_whole = felt @ PLANTED
    attitude = np.sqrt(0.68) * felt_whole / felt_whole.std() + np.sqrt(0.32) * generator.normal(size=people)
    values = np.clip(np.round(3.4 + felt), 1, 5).astype(np.int8)
    values[generator.random(values.shape) < missing] = -1
    return Answers(ITEMS, values, np.clip(60 + 18 * attitude, 0, 100), accounts)


def report(answers: Answers, *, times: int = 60, **facts: object) -> DriverReport:
    found = drivers(answers, times=times, **facts)  # type: ignore[arg-type]  # passed on
    assert isinstance(found, DriverReport), found
    return found


def refused(answers: Answers) -> Unsaid:
    found = drivers(answers, times=1)
    assert isinstance(found, Unsaid), found
    return found


def narrowed(answers: Answers, *columns: int) -> Answers:
    """The same people with these items alone."""
    items = tuple(answers.items[column] for column in columns)
    return replace(answers, items=items, values=answers.values[:, columns])
