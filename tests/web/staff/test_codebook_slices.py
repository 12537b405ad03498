"""The codebook in a slice: each count is of the slice in the address, and opens as many comments."""

import html
import re

import pytest

from tests.fixtures.asking import Asking
from tests.web.offices import SignIn, Staff
from tests.web.staff.test_health_page import title_of
from tests.web.staff.test_theme_pages import theme_form

FOUND = re.compile(r'<a (?:class="[^"]*" )?href="(/staff/themes/comments\?[^"]+)">([^<]+)</a>')


def held(who: Staff, page: str) -> dict[str, int]:
    """Hold the first number of each way to comments against the comments there; returns them by address."""
    found = {}
    for link, said in FOUND.findall(page):
        if number := re.search(r"\d+", said):
            there = title_of(who.get(html.unescape(link)).text)
            assert re.match(rf"{number[0]} comments?\b", there), (link, said, there)
            found[html.unescape(link)] = int(number[0])
    return found


def test_the_codebook_counts_in_the_slice_of_its_address(heard: Asking, sign_in: SignIn) -> None:
    who = sign_in(heard.people.admin)
    whole, north = (who.get(f"/staff/codebook{at}").text for at in ("", "?region=North"))

    assert held(who, whole)["/staff/themes/comments?theme=delivery"] == 7
    assert held(who, north) == {
        "/staff/themes/comments?theme=delivery&region=North": 1,
        "/staff/themes/comments?theme=support&region=North": 1,
        "/staff/themes/comments?theme=account_team&region=North": 1,
    }
    assert "Counted in 2 comments of 2026H1." in north
    assert "/staff/codebook/themes/delivery?region=North" in north
    assert who.get("/staff/codebook?wave=2031H1").status_code == 404


def test_a_theme_keeps_the_slice_while_it_is_counted_and_saved(heard: Asking, sign_in: SignIn) -> None:
    who = sign_in(heard.people.admin)
    path = "/staff/codebook/themes/delivery"
    saved = who.get(f"{path}?region=North").text
    draft = who.post(
        f"{path}/count?region=North", **theme_form(name="Delivery", en="support\nlate\ndelivery")
    ).text
    answer = who.post(f"{path}?region=North", **theme_form(name="Delivery", en="late"))

    assert "Finds 1 of 2 comments of 2026H1." in saved and "Region: North" in saved
    assert held(who, saved)["/staff/themes/comments?theme=delivery&region=North"] == 1
    drafted = held(who, draft)
    assert drafted["/staff/themes/comments?phrase=en:late&region=North"] == 1
    assert drafted["/staff/themes/comments?phrase=en:late&phrase=en:delivery&region=North"] == 1
    assert (answer.status_code, answer.location) == (303, f"{path}?region=North")


def test_versions_are_compared_in_the_slice_and_open_what_each_finds(heard: Asking, sign_in: SignIn) -> None:
    who = sign_in(heard.people.admin)
    assert who.post("/staff/codebook/themes/new", **theme_form(en="answers")).status_code == 303

    company, south = (who.get(f"/staff/codebook/compare{at}").text for at in ("", "?region=South"))

    assert held(who, company)["/staff/themes/comments?theme=returns&codebook=1"] == 6
    assert held(who, south) == {
        "/staff/themes/comments?theme=uncoded&codebook=0&region=South": 1,
        "/staff/themes/comments?theme=uncoded&codebook=1&region=South": 1,
    }
    assert who.get("/staff/themes/comments?codebook=9").status_code == 404


@pytest.mark.parametrize("wish", ["phrase=en:*", "phrase=en:", "phrase=", "phrase=xx:%00", "rating=unrated"])
def test_comments_that_nothing_asks_for_are_none(heard: Asking, sign_in: SignIn, wish: str) -> None:
    answer = sign_in(heard.people.admin).get(f"/staff/themes/comments?{wish}")

    assert answer.status_code == 200
    assert title_of(answer.text).startswith("0 comments")
