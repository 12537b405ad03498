"""The pages of themes: counts that open their comments, and the codebook that an admin edits."""

import html
import re
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import func, select

from surveyd.people.models import Account
from surveyd.results.analysis_jobs import work_out
from surveyd.results.codebooks import current_codebook
from surveyd.results.theme_models import CodebookVersion
from surveyd.web.staff import themes
from tests.fixtures.apps import Transaction
from tests.fixtures.asking import Asking
from tests.web.offices import Office, SignIn
from tests.web.staff.test_health_page import Collect, title_of

OWN, VALUE = """100% "own" 'name' [0].$x\\y""", """'; DROP TABLE scores; -- %s "x\""""
"""A dimension that a database could mistake for a path, a format or a statement."""
FIELDS = ("en", "de", "fr", "es", "ja", "ar")


def theme_form(**changes: str) -> dict[str, str]:
    return {"seen": "0", "name": "Returns", **dict.fromkeys(FIELDS, ""), "en": "late\nsend back", **changes}


def test_before_the_first_comment_the_page_says_what_it_will_show(
    cast_alone: Office, sign_in: SignIn
) -> None:
    for path in ("/staff/themes", "/staff/themes/comments", "/staff/themes/tone", "/staff/codebook"):
        answer = sign_in(cast_alone.cast.admin).get(path)
        assert answer.status_code == 200
    assert (
        title_of(sign_in(cast_alone.cast.executive).get("/staff/themes").text)
        == "Nobody has written a comment yet"
    )


def test_the_title_is_the_most_frequent_theme(heard: Asking, sign_in: SignIn) -> None:
    page = sign_in(heard.people.executive).get("/staff/themes").text

    assert title_of(page) == "7 of 15 comments: Delivery and lead times"
    assert "nobody has reviewed it for your customers" in html.unescape(page)
    assert "No theme" in page
    assert "Net Promoter, Net Promoter Score and NPS are registered trademarks" in page


def test_every_count_opens_its_comments_with_the_writers_rating(heard: Asking, sign_in: SignIn) -> None:
    who = sign_in(heard.people.executive)
    links = [
        html.unescape(one)
        for one in re.findall(r'href="(/staff/themes/comments[^"]*)"', who.get("/staff/themes").text)
    ]
    assert any("theme=delivery&rating=detractor" in one for one in links)
    for link in set(links):
        assert who.get(link).status_code == 200
    page = who.get("/staff/themes/comments?theme=delivery&rating=detractor").text
    assert title_of(page) == "7 comments: Delivery and lead times"
    assert page.count("3 of 10") == 7
    assert '<mark dir="auto">Late delivery.</mark>' in page
    assert "<script>alert" not in page
    assert (
        title_of(who.get("/staff/themes/comments?theme=uncoded").text) == "1 comment that no theme has found"
    )


def test_words_open_their_comments(heard: Asking, sign_in: SignIn) -> None:
    page = sign_in(heard.people.executive).get("/staff/themes/comments?word=en:shipment").text
    assert title_of(page) == "6 comments with the word shipment"


@pytest.mark.parametrize(
    "words",
    [
        "theme=%00",
        "word=en:",
        "word=:x",
        "rating=none",
        "after=x",
        "after=99999999999999999999",
        "region=%00",
    ],
)
def test_an_address_that_makes_no_sense_is_a_page_all_the_same(
    heard: Asking, sign_in: SignIn, words: str
) -> None:
    for path in ("/staff/themes", "/staff/themes/comments", "/staff/themes/tone"):
        assert sign_in(heard.people.admin).get(f"{path}?{words}").status_code == 200


def test_a_wave_that_there_is_not(heard: Asking, sign_in: SignIn) -> None:
    for path in ("/staff/themes", "/staff/themes/comments", "/staff/themes/tone"):
        assert sign_in(heard.people.admin).get(f"{path}?wave=nothing").status_code == 404


def test_long_lists_go_on(heard: Asking, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surveyd.reports.comments.comments_page.__kwdefaults__", {"after": 0, "limit": 10})
    who = sign_in(heard.people.executive)
    first = who.get("/staff/themes/comments").text
    onward = re.search(r'href="([^"]+)">Earlier comments', first)
    assert onward
    second = who.get(html.unescape(onward[1])).text
    seen = [re.findall(r"/staff/responses/(\d+)", page) for page in (first, second)]
    assert (len(seen[0]), len(seen[1])) == (10, 5)
    assert not set(seen[0]) & set(seen[1])
    assert "Earlier comments" not in second


def test_each_reader_sees_their_own(heard: Asking, sign_in: SignIn) -> None:
    north, south = sign_in(heard.people.mona), sign_in(heard.people.milo)
    assert "Sofie" not in north.get("/staff/themes/comments").text
    assert title_of(south.get("/staff/themes").text) == "No theme has found any of the comments"
    assert sign_in(heard.people.outsider).get("/staff/themes/comments").text.count("/staff/responses/") == 0
    for path in ("/staff/themes", "/staff/themes/comments", "/staff/themes/tone"):
        assert sign_in(heard.people.support).get(path).status_code == 403


def test_a_region_narrows_and_stays_in_the_links(heard: Asking, sign_in: SignIn) -> None:
    page = sign_in(heard.people.executive).get("/staff/themes?region=South").text
    assert title_of(page) == "No theme has found any of the comments"
    assert "region=South&amp;theme=uncoded" in page or "theme=uncoded&amp;region=South" in page


def test_any_dimension_narrows_the_themes_and_their_comments(
    heard: Asking, sign_in: SignIn, writer: Transaction
) -> None:
    with writer() as session:
        session.get_one(Account, heard.people.sudwerk).dimensions = {OWN: VALUE}
    who = sign_in(heard.people.executive)
    own = urlencode({f"dimension:{OWN}": VALUE})

    page = who.get(f"/staff/themes?{own}").text

    assert title_of(page) == "No theme has found any of the comments"
    assert html.unescape(page).count(f"{OWN}: {VALUE}") == 1, "the chip that takes the filter away"
    assert 'name="role"' in page and 'name="weighting"' not in page
    assert title_of(who.get(f"/staff/themes/comments?{own}").text) == "1 comment"
    assert who.get(f"/staff/themes/tone?{own}").status_code == 200
    decides = who.get("/staff/themes?role=decision_maker&region=North").text
    assert title_of(decides) == "1 of 1 comment: Delivery and lead times"


def test_the_pages_cost_the_same_however_much_there_is(
    heard: Asking, sign_in: SignIn, writer: Transaction, statements: Collect
) -> None:
    who = sign_in(heard.people.executive)
    for path in ("/staff/themes", "/staff/themes/comments"):
        who.get(path)
        with statements() as said:
            who.get(path)
        assert len(said) <= 18, said


def test_a_model_of_tone_is_learned_by_a_worker_and_says_why_it_is_off(
    heard: Asking, sign_in: SignIn, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(themes, "ring_for_analysis", lambda house, analysis_id: rung.append(analysis_id))
    rung: list[int] = []
    who = sign_in(heard.people.executive)

    unlearned = "How promoters and detractors write is not learned yet"
    assert title_of(who.get("/staff/themes/tone").text) == unlearned
    answer = who.post("/staff/themes/tone?region=North")
    assert (answer.status_code, answer.location) == (303, "/staff/themes/tone?region=North")
    assert "The models are being learned." in who.get(answer.location).text and len(rung) == 1
    with app.app_context():
        assert work_out(rung[0])

    page = who.get("/staff/themes/tone").text
    assert title_of(page) == "No model of tone holds yet"
    assert "200 are needed" in page and "Learn the models" not in page
    assert "Too few comments to learn from." in sign_in(heard.people.mona).get("/staff/themes/tone").text


def test_the_page_of_tone_learns_nothing_itself(
    heard: Asking, sign_in: SignIn, statements: Collect, writer: Transaction
) -> None:
    who = sign_in(heard.people.executive)
    who.get("/staff/themes/tone")
    with statements() as few:
        who.get("/staff/themes/tone")
    assert not any("INSERT" in one for one in few) and len(few) <= 20
    assert who.post("/staff/themes/tone?wave=2031H1").status_code == 404


def test_an_admin_counts_before_saving(heard: Asking, sign_in: SignIn, writer: Transaction) -> None:
    who = sign_in(heard.people.admin)
    page = who.post("/staff/codebook/themes/new/count", **theme_form()).text

    assert "Finds 7 of 15 comments" in page
    assert re.search(r"<bdi>late</bdi> <a href=\"[^\"]*phrase=en:late\">7<", page)
    assert "1 phrase finds nothing" in page
    with writer() as session:
        assert session.scalar(select(func.count()).select_from(CodebookVersion)) == 0


def test_an_admin_saves_a_new_theme_and_changes_it(
    heard: Asking, sign_in: SignIn, writer: Transaction
) -> None:
    who = sign_in(heard.people.admin)
    answer = who.post("/staff/codebook/themes/new", **theme_form())
    assert (answer.status_code, answer.location) == (303, "/staff/codebook/themes/returns")
    assert "late\nsend back</textarea>" in who.get(answer.location).text
    again = who.post(answer.location, **theme_form(seen="1", en="late", ja="遅い"))
    assert again.status_code == 303
    with writer() as session:
        stored = current_codebook(session)
    assert stored.number == 2
    found = stored.book.find("returns")
    assert found
    assert found.phrases == (("en", ("late",)), ("ja", ("遅い",)))
    compared = who.get("/staff/codebook/compare").text
    assert title_of(compared) == "1 theme differs between version 1 and 2"
    assert "<bdi>send back</bdi>" in compared
    assert "Version 2, saved by Ada Admin" in who.get("/staff/codebook").text


def test_faults_stand_beside_their_fields_and_the_form_stays(heard: Asking, sign_in: SignIn) -> None:
    who = sign_in(heard.people.admin)
    for path in ("/staff/codebook/themes/new", "/staff/codebook/themes/new/count"):
        answer = who.post(path, **theme_form(name="", en="in*\nfine", ar="<b>*</b>x*x"))
        assert answer.status_code == 422
        assert "Give the theme a name." in answer.text
        assert "Write at least 3 letters beside a star" in answer.text
        assert 'id="en-wrong"' in answer.text
        assert "in*\nfine</textarea>" in answer.text
        assert "<b>*</b>" not in answer.text


def test_two_admins_at_one_theme(heard: Asking, sign_in: SignIn) -> None:
    who = sign_in(heard.people.admin)
    delivery = "/staff/codebook/themes/delivery"
    assert who.post(delivery, **theme_form(name="Delivery")).status_code == 303
    late = who.post(delivery, **theme_form(name="Deliveries"))
    assert late.status_code == 409
    assert "Somebody else changed this theme meanwhile" in late.text
    assert 'value="Deliveries"' in late.text
    seen = re.search(r'name="seen" value="(\d+)"', late.text)
    assert seen
    assert who.post(delivery, **theme_form(name="Deliveries", seen=seen[1])).status_code == 303


def test_a_theme_is_dropped(heard: Asking, sign_in: SignIn) -> None:
    who = sign_in(heard.people.admin)
    assert who.post("/staff/codebook/themes/delivery/drop", seen="0").status_code == 303
    assert who.get("/staff/codebook/themes/delivery").status_code == 404
    assert who.post("/staff/codebook/themes/delivery/drop", seen="1").status_code == 404
    assert who.post("/staff/codebook/themes/support/drop", seen="x").status_code == 404


def test_a_codebook_that_is_full_says_so(
    heard: Asking, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("surveyd.results.codebooks.MOST_THEMES", 18)
    answer = sign_in(heard.people.admin).post("/staff/codebook/themes/new", **theme_form())
    assert answer.status_code == 422
    assert "drop one before you add another" in answer.text


def test_only_admins_edit_the_codebook(heard: Asking, sign_in: SignIn) -> None:
    who = sign_in(heard.people.executive)
    assert who.get("/staff/codebook").status_code == 403
    assert who.post("/staff/codebook/themes/new", **theme_form()).status_code == 403


def test_versions_that_there_are_not(heard: Asking, sign_in: SignIn) -> None:
    who = sign_in(heard.people.admin)
    for words in ("before=9", "after=9", "after=x", "before=-1"):
        assert who.get(f"/staff/codebook/compare?{words}").status_code == 404
    assert who.get("/staff/codebook/compare?before=0&after=0").status_code == 200


def test_a_form_that_does_not_say_what_it_changes_is_refused(heard: Asking, sign_in: SignIn) -> None:
    staff = sign_in(heard.people.admin)
    answer = staff.post("/staff/codebook/themes/delivery", **theme_form(seen=""))
    assert answer.status_code == 422 and "open the theme anew" in answer.text and "send back" in answer.text
    assert staff.post("/staff/codebook/themes/delivery/drop").status_code == 409
    assert staff.post("/staff/codebook/themes/delivery", **theme_form(seen="x")).status_code == 404
    assert staff.get("/staff/codebook/themes/delivery").status_code == 200
