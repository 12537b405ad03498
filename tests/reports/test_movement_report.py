"""The moves between two waves as a table."""

from surveyd.reports.movement import Share, movement
from surveyd.results.movement import Move
from surveyd.results.revenue import SILENT, Money

EUR, CHF = Money("EUR", 500, 2), Money("CHF", 70, 1)


def test_nobody_asked_twice_is_no_table() -> None:
    assert movement("2026H1", []) is None


def test_one_account_that_stayed() -> None:
    found = movement("2026H1", [Move("trapped", "trapped", 1)])

    assert found
    assert (found.total, found.stayed, found.into_risk.count, found.out_of_risk.count) == (1, 1, 0, 0)
    assert (found.at("trapped", "trapped").count, found.at("trapped", SILENT).count) == (1, 0)
    assert "unclassified" not in found.states


def test_what_came_to_high_risk_and_what_left_it() -> None:
    found = movement(
        "2026H1",
        [
            Move("truly_loyal", "high_risk", 2, 0, (EUR,)),
            Move(SILENT, "high_risk", 3, 1, (CHF, EUR)),
            Move("high_risk", "high_risk", 9, 0, (EUR,)),
            Move("high_risk", "trapped", 4, 0, (CHF,)),
            Move("high_risk", SILENT, 5),
            Move("unclassified", "truly_loyal", 1),
        ],
    )

    assert found
    assert (found.into_risk.count, found.into_risk.unknown) == (5, 1)
    assert found.into_risk.sums == (Money("CHF", 70, 1), Money("EUR", 1000, 4))
    assert found.out_of_risk.count == 4, "to fall silent is no way out of risk"
    assert found.states[-1] == SILENT and "unclassified" in found.states


def test_a_cell_is_shaded_by_its_part_of_the_row() -> None:
    found = movement("2026H1", [Move("trapped", "trapped", 99), Move("trapped", "high_risk", 1)])

    assert found
    assert [found.share("trapped", now) for now in ("trapped", "high_risk", SILENT)] == [5, 1, 0]
    assert found.share("truly_loyal", "trapped") == 0


def test_new_voices_are_told_from_the_same_ones() -> None:
    found = movement(
        "2026H1",
        [
            Move("trapped", "truly_loyal", 2),
            Move("trapped", SILENT, 3),
            Move("not_asked", "trapped", 4),
            Move("truly_loyal", "not_asked", 5),
        ],
    )

    assert found
    assert (found.total, found.went_quiet.count) == (5, 3)
    shares = {one.state: one for one in found.shares}
    assert shares["trapped"] == Share("trapped", then=5, now=4, same_then=2, same_now=0)
    assert shares["truly_loyal"] == Share("truly_loyal", then=5, now=2, same_then=0, same_now=2)
    assert found.heard == Share("", 10, 6, 2, 2)


def test_whom_one_wave_alone_has_asked_has_not_moved() -> None:
    assert movement("2026H1", [Move("not_asked", "trapped", 4)]) is None
