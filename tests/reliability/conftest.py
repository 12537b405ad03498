"""A launched wave in the test's own process, as the tests of distribution have it."""

from tests.distribution.conftest import launched, post

__all__ = ["launched", "post"]
