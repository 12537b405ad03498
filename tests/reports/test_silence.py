"""What is told of those who did not answer."""

import numpy as np
import pytest
from flask import Flask

from surveyd.reports.silence import SilenceWords
from surveyd.results.response import Response
from surveyd.scoring import nonresponse
from surveyd.scoring.nonresponse import Representativeness
from surveyd.scoring.unsaid import Reason, Unsaid

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def words(evenness: Representativeness | Unsaid | None, *, silent: int = 3) -> SilenceWords:
    """Of a wave in which nobody's step is known."""
    nobody = np.array([], dtype=np.int8)
    phases = nonresponse.by_phase(nobody, nobody, nobody, size=0)
    steps = (("invitation", 7), ("reminder", 0), ("phone", 0))
    return SilenceWords(Response(steps, phases, evenness, None, None, None, silent=silent))


def test_few_answers_say_nothing_of_evenness(app: Flask) -> None:
    said = words(Unsaid(Reason.TOO_FEW_ANSWERS, "how evenly all answered", 7, 10))

    with app.test_request_context():
        assert said.title == "3 people are silent"
        (sentence,) = said.sentences
        assert sentence.startswith("How evenly roles, regions and tiers answered cannot be told.")
        assert sentence.endswith("Too few answers: 7, and 10 are needed.")


def test_one_kind_of_people_is_even_with_itself_and_no_news(app: Flask) -> None:
    said = words(Unsaid(Reason.TOO_FEW_GROUPS, "how evenly all answered", 1, 2), silent=0)

    with app.test_request_context():
        assert (said.title, said.sentences) == ("Everybody has answered", [])


def test_evenness_is_told_with_what_it_may_do_to_the_score(app: Flask) -> None:
    said = words(Representativeness(0.846, 0.686, 0.5, 0.119, 931, 456, 72))

    with app.test_request_context():
        (sentence,) = said.sentences
        assert "R is 0.85 (0.69 with it), where 1 is perfectly even; at worst" in sentence


def test_nobody_has_answered(app: Flask) -> None:
    with app.test_request_context():
        assert words(Unsaid(Reason.NO_ANSWERS, "this wave")).title == "Nobody has answered yet"
