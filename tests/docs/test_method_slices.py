"""The worked example of docs/method/slices.md: computed, and on its page."""

import numpy as np

from surveyd.base.config import HOME
from surveyd.scoring.estimates import Estimate
from surveyd.scoring.nps import display
from surveyd.scoring.nps_groups import score, score_totals
from surveyd.scoring.weighting import Weighting, unknown, weighted

REVENUE = np.array([300_000.0, 100_000.0, np.nan])


def test_slices() -> None:
    example = (HOME / "docs" / "method" / "slices.md").read_text(encoding="utf-8").partition("## By hand")[2]
    ratings, accounts = np.array([10, 9, 6, 8], dtype=np.int8), np.array([0, 0, 1, 2])
    totals = score_totals(ratings, accounts, size=3)
    shown = {}
    for weighting in Weighting:
        found = score(weighted(totals, weighting, revenue=REVENUE))
        assert isinstance(found, Estimate)
        shown[weighting] = display(found.value)

    assert shown == {Weighting.CONTACT: "+25", Weighting.ACCOUNT: "0", Weighting.REVENUE: "+50"}
    assert all(one in example for one in shown.values())
    assert unknown(totals, REVENUE) == 1 and "one account's revenue is unknown" in example
