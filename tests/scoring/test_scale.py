"""Items and the index of several of them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.scoring.scale import Item, OutOfScale, compose, whole

FIVE = [Item(name) for name in ("a", "b", "c", "d")]


@pytest.mark.parametrize(("answer", "steps"), [(1, 0), (3, 2), (5, 4)])
def test_steps_count_from_the_worst_answer(answer: int, steps: int) -> None:
    assert Item("a").steps(answer) == steps
    assert Item("a", reversed=True).steps(answer) == 4 - steps


@pytest.mark.parametrize("answer", [True, False, 0, 6, -1, 4.0, 4.5, float("nan"), "4", None])
def test_only_whole_numbers_on_the_scale_are_answers(answer: object) -> None:
    item = Item("a", minimum=1, maximum=5)

    assert not item.accepts(answer)
    with pytest.raises(OutOfScale, match="a takes a whole number from 1 to 5") as caught:
        item.steps(answer)  # type: ignore[arg-type]  # the point is what happens to a wrong type
    assert (caught.value.item, caught.value.minimum, caught.value.maximum) == ("a", 1, 5)
    assert caught.value.answer is answer


def test_an_item_needs_a_scale_and_no_negative_weight() -> None:
    with pytest.raises(ValueError, match="the scale must end above its beginning"):
        Item("a", minimum=5, maximum=5)
    with pytest.raises(ValueError, match="the weight must be zero or more"):
        Item("a", weight=-1)


def test_an_index_says_what_it_rests_on() -> None:
    index = compose(FIVE).index({"a": 4, "b": 4, "c": 3, "d": None})

    assert index is not None
    assert (index.answered, index.asked) == (3, 4)
    assert index.value == pytest.approx(66.6666666667)
    assert index.whole == 67


@pytest.mark.parametrize(("given_answers", "known"), [(0, False), (1, False), (2, True), (4, True)])
def test_half_of_the_weight_is_enough(given_answers: int, known: bool) -> None:
    answers = {item.id: 5 for item in FIVE[:given_answers]}

    assert (compose(FIVE).index(answers) is not None) is known


def test_the_needed_share_can_be_set() -> None:
    answers: dict[str, int | None] = {"a": 5, "b": 5}

    assert compose(FIVE, needed=51).index(answers) is None
    assert compose(FIVE, needed=50).index(answers) is not None


def test_nothing_weighs_nothing() -> None:
    assert compose([]).index({}) is None
    assert compose([Item("a", weight=0)]).index({"a": 5}) is None


def test_an_item_of_weight_zero_is_as_good_as_absent() -> None:
    extra = compose([*FIVE, Item("e", weight=0)])

    assert extra.index({"a": 2, "b": 3, "e": 5}) == compose(FIVE).index({"a": 2, "b": 3})


def test_scales_of_different_lengths_are_mixed_exactly() -> None:
    mixed = compose([Item("five"), Item("seven", maximum=7), Item("eleven", minimum=0, maximum=10, weight=3)])
    index = mixed.index({"five": 4, "seven": 2, "eleven": 7})

    assert index is not None
    expected = (Fraction(3, 4) + Fraction(1, 6) + 3 * Fraction(7, 10)) / 5
    assert Fraction(index.points, index.total) == expected


def test_the_cut_is_exact_and_belongs_to_the_upper_side() -> None:
    index = compose(FIVE).index({"a": 4, "b": 4, "c": 3, "d": 3})

    assert index is not None
    assert index.value == 62.5
    assert index.reaches(6_250) and not index.reaches(6_251)
    assert index.is_near(6_250, border=0)
    assert index.short_of(6_250) == 0
    assert index.short_of(7_000) == 7.5


items = st.builds(
    Item, st.uuids().map(str), st.integers(-3, 1), st.integers(2, 11), st.integers(0, 5), st.booleans()
)


@given(st.lists(items, max_size=8), st.data())
def test_an_index_equals_the_plain_definition(drawn: list[Item], data: st.DataObject) -> None:
    answers = {
        item.id: data.draw(st.none() | st.integers(item.minimum, item.maximum), label=item.id)
        for item in drawn
    }
    index = compose(drawn).index(answers)

    shares = {item: answers[item.id] for item in drawn if item.weight and answers[item.id] is not None}
    weight = sum(item.weight for item in shares)
    if not weight or 2 * weight < sum(item.weight for item in drawn):
        assert index is None
        return
    assert index is not None
    plain = Fraction(0)
    for item, answer in shares.items():
        assert answer is not None
        share = Fraction(answer - item.minimum, item.span)
        plain += item.weight * (1 - share if item.reversed else share)
    assert Fraction(index.points, index.total) == plain / weight
    assert 0 <= index.value <= 100
    assert index.answered == len(shares)


@given(st.lists(items, min_size=1, max_size=6), st.integers(2, 9))
def test_order_and_common_weight_do_not_matter(drawn: list[Item], times: int) -> None:
    answers = {item.id: item.maximum for item in drawn[: len(drawn) // 2 + 1]}
    heavier = [Item(i.id, i.minimum, i.maximum, i.weight * times, i.reversed) for i in reversed(drawn)]

    one, other = compose(drawn).index(answers), compose(heavier).index(answers)
    assert (one is None) is (other is None)
    if one is not None and other is not None:
        assert Fraction(one.points, one.total) == Fraction(other.points, other.total)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(12.5, 13), (-12.5, -13), (62.5, 63), (100 * 0.145, 15), (0.49, 0), (-0.49, 0), (2.5, 3), (99.4, 99)],
)
def test_a_figure_is_shown_with_halves_away_from_zero(value: float, shown: int) -> None:
    assert whole(value) == shown
