"""Reasons in the place of numbers."""

import pytest

from surveyd.scoring.unsaid import SENTENCES, Reason, Unsaid


def test_a_reason_says_how_much_there_was_and_how_much_it_takes() -> None:
    few = Unsaid(Reason.TOO_FEW_ANSWERS, "drivers", found=12, needed=120)

    assert few.sentence == "12 answers are too few for drivers: 120 needed."


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (Reason.TOO_FEW_ANSWERS, "1 answer is too few for the drivers: 7 needed."),
        (Reason.TOO_FEW_TOGETHER, "1 person answered both parts of the drivers: 7 needed."),
        (Reason.TOO_UNCERTAIN, "The model for the drivers was right too rarely: 1 of 100, 7 needed."),
    ],
)
def test_one_is_not_several(reason: Reason, sentence: str) -> None:
    assert Unsaid(reason, "the drivers", found=1, needed=7).sentence == sentence


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_a_whole_sentence_about_its_subject(reason: Reason) -> None:
    said = Unsaid(reason, "the drivers", found=3, needed=7).sentence

    assert "the drivers" in said and said.endswith(".")
    assert "{" not in said
    assert SENTENCES.keys() == set(Reason)
