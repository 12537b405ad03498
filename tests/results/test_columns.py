"""Waves as arrays: what is kept of them, and when it is read anew."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import delete, select

from surveyd.base.changes import count_change, wave_topic
from surveyd.base.services import Services
from surveyd.distribution.models import Wave, WaveState
from surveyd.results import shelf
from surveyd.results.columns import columns_of
from surveyd.results.models import Score
from surveyd.results.wave_arrays import SEGMENTS
from surveyd.scoring.loyalty import Segment
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import CONTENT, HAPPY, UNHAPPY, Asking, open_wave

Collect = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def open_wave_id(writer: Transaction) -> int:
    """Anna is unhappy, Aziz is happy, Sofie is silent; the wave is open."""
    with writer() as session:
        asking = open_wave(session, NOW)
        people = asking.people
        asking.answer(asking.ask(people.anna.id), UNHAPPY | {"easy": 2})
        asking.answer(asking.ask(people.aziz.id), HAPPY | {"easy": 5})
        asking.ask(people.sofie.id)
        return asking.wave.id


@pytest.fixture
def closed_wave_id(open_wave_id: int, writer: Transaction) -> int:
    """The same, closed."""
    with writer() as session:
        session.get_one(Wave, open_wave_id).state = WaveState.CLOSED
    return open_wave_id


def ratings(reader: Transaction, wave_id: int) -> list[int]:
    """The ratings of a wave as a page would see them."""
    with reader() as session:
        return sorted(columns_of(session, [wave_id]).answered.recommendation.tolist())


def test_it(closed_wave_id, reader, services):
    assert ratings(reader, closed_wave_id)==[3,10]
    f=services.config.data/"columns"
    print(list(f.iterdir()))
    shelf.forget()
    assert ratings(reader, closed_wave_id)==[3,10]
    with reader() as s:
        print(columns_of(s,[closed_wave_id]).answered.items["easy"].flags)

def test_open(open_wave_id, reader, services, statements):
    assert ratings(reader, open_wave_id)==[3,10]
    with statements() as said:
        assert ratings(reader, open_wave_id)==[3,10]
    print(said)
