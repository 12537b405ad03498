"""An open wave, and the door through which the people it asked answer."""

import pytest
from sqlalchemy.orm import Session

from tests.fixtures.apps import NOW
from tests.fixtures.asking import Asking, open_wave


@pytest.fixture
def asking(session: Session) -> Asking:
    """An open wave inside the test's one transaction."""
    return open_wave(session, NOW)
