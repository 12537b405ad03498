"""The page on the scoring policy: its example is computed, and its reference is the one that is made."""

from dataclasses import replace
from pathlib import Path

import pytest

from surveyd.forms.loading import shipped
from surveyd.results.policy_schema import BEGIN, END, reference
from surveyd.results.scores import key_of, score
from surveyd.scoring.policy import SHIPPED, Axes, Part, Policy

HOME = Path(__file__).parents[2]
PAGE = (HOME / "docs/method/policy.md").read_text(encoding="utf-8")
ANSWERS = {"satisfied": 4, "better": 4, "trust": 4, "enjoy": 3, "renew": 5, "alternatives": 1}
HEAVY = replace(Axes(), attitude=(Part("attitude"), Part("item:enjoy", 3)))


@pytest.mark.parametrize(
    ("policy", "attitude", "segment"),
    [
        (SHIPPED, 68.75, "truly_loyal"),
        (replace(SHIPPED, version="2", axes=HEAVY), 62.5, "truly_loyal"),
        (replace(SHIPPED, version="3", cut=7_000), 68.75, "trapped"),
    ],
)
def test_the_example_by_hand(policy: Policy, attitude: float, segment: str) -> None:
    found = score(ANSWERS, key=key_of(shipped("relational"), policy)).placement

    assert found.attitude and found.attitude.value == attitude
    assert found.segment == segment
    assert f"= {attitude:g}" in PAGE or f"{attitude:g} <" in PAGE


def test_the_reference_is_the_one_that_is_made() -> None:
    found = PAGE[PAGE.index(BEGIN) : PAGE.index(END) + len(END)]
    assert found == reference(), "run: surveyd policy reference, and put it into docs/method/policy.md"
