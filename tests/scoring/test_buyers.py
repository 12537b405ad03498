"""Buyer types."""

import itertools

import pytest

from surveyd.scoring.buyers import BuyerType, Said, buyer, said
from surveyd.scoring.loyalty import Segment
from surveyd.scoring.nps import Category

SWITCHING, HABITUAL = BuyerType.SWITCHING, BuyerType.HABITUAL
COMPLAINING, SATISFIED = BuyerType.COMPLAINING, BuyerType.SATISFIED
SLOW = (("support", 37.5), ("delivery", 50.0))


@pytest.mark.parametrize(
    ("of", "expected", "sentence"),
    [
        (Said("accessible"), SWITCHING, "switching: stands as accessible"),
        (Said("accessible", "detractor", SLOW, wrote=True), SWITCHING, "switching: stands as accessible"),
        (
            Said("trapped", "detractor", wrote=True, other_suppliers=True),
            SWITCHING,
            "switching: stands as trapped; wrote about other suppliers",
        ),
        (
            Said("high_risk", "detractor", SLOW, wrote=True),
            COMPLAINING,
            "complaining: stands as high risk; rated as detractor; wrote a comment",
        ),
        (
            Said("trapped", "passive", SLOW, wrote=True),
            COMPLAINING,
            "complaining: stands as trapped; wrote a comment; support 38 of 100",
        ),
        (Said("trapped", "", SLOW), COMPLAINING, "complaining: stands as trapped; support 38 of 100"),
        (
            Said("trapped", "", (("support", 49.6), ("delivery", 49.99), ("billing", 49.4))),
            COMPLAINING,
            "complaining: stands as trapped; support 49.6 of 100; delivery 49.9 of 100; billing 49 of 100",
        ),
        (
            Said("truly_loyal", "detractor", wrote=True),
            COMPLAINING,
            "complaining: stands as truly loyal; rated as detractor; wrote a comment",
        ),
        (Said("high_risk", "detractor"), SWITCHING, "switching: stands as high risk; no complaint"),
        (Said("trapped", "passive"), HABITUAL, "habitual: stands as trapped; no complaint"),
        (Said("truly_loyal", "passive"), HABITUAL, "habitual: stands as truly loyal; rated as passive"),
        (Said("truly_loyal", "detractor"), HABITUAL, "habitual: stands as truly loyal; rated as detractor"),
        (
            Said("truly_loyal", "promoter", SLOW, wrote=True, other_suppliers=True),
            SATISFIED,
            "satisfied: stands as truly loyal; rated as promoter",
        ),
        (Said("truly_loyal"), SATISFIED, "satisfied: stands as truly loyal"),
    ],
)
def test_each_type_says_its_grounds(of: Said, expected: BuyerType, sentence: str) -> None:
    found = buyer(of)
    assert found
    assert (found.type, found.sentence) == (expected, sentence)


@pytest.mark.parametrize("segment", ["unclassified", "silent", ""])
def test_who_cannot_be_placed_has_no_type(segment: str) -> None:
    assert buyer(Said(segment, "promoter", wrote=True)) is None


def test_everybody_in_the_matrix_has_exactly_one_type() -> None:
    segments = [one for one in Segment if one is not Segment.UNCLASSIFIED]
    cases = itertools.product(segments, ["", *Category], [(), SLOW], [True, False], [True, False])
    assert all(buyer(Said(str(s), str(c), stages, w, o)) for s, c, stages, w, o in cases)


def test_said_takes_the_columns_of_a_score() -> None:
    assert said("trapped", "passive", {"support": 37.5}, wrote=False, other_suppliers=False) == Said(
        "trapped", "passive", (("support", 37.5),)
    )
