"""The themes of a wave, read from its comments."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import pytest

from surveyd.people.access import NOBODY, SYSTEM, Reach, Scope
from surveyd.people.models import Account
from surveyd.results import readings
from surveyd.results.codebooks import current_codebook, save_theme
from surveyd.results.comments import comments_of, joined
from surveyd.results.revenue import Money
from surveyd.results.slice_comments import slice_comments
from surveyd.results.slices import Slice
from surveyd.results.themes import UNCODED, Picked, SliceThemes, pick, slice_themes
from surveyd.scoring.codebook import Theme
from surveyd.scoring.unsaid import Unsaid
from tests.fixtures.apps import NOW
from tests.fixtures.asking import CONTENT, HAPPY, UNHAPPY, Asking
from tests.results.test_movement import next_wave

Collect = Callable[[], AbstractContextManager[list[str]]]
SLOW = "The delivery was late. <b>Again!</b>"
FINE = "Support is friendly"


def at(found: SliceThemes, key: str) -> int:
    return [theme.key for theme in found.stored.book.themes].index(key)


def themes(of: Asking, *, scope: Scope = SYSTEM, cut: Slice | None = None) -> SliceThemes:
    cut = cut or Slice(waves=(of.wave.slug,))
    return slice_themes(of.session, slice_comments(of.session, cut, scope=scope), scope=scope)


@pytest.fixture
def heard(asking: Asking) -> Asking:
    """Anna writes two answers, Aziz one, Sofie none; Nina writes what no theme finds."""
    people = asking.people
    asking.answer(asking.ask(people.anna.id), UNHAPPY | {"why": SLOW, "comment": "Invoices are wrong."})
    asking.answer(asking.ask(people.aziz.id), HAPPY | {"why": FINE})
    asking.answer(asking.ask(people.sofie.id), HAPPY)
    asking.answer(asking.ask_somebody(7), CONTENT | {"why": "Ça va bien 👍"})
    return asking


def test_a_wave_without_comments(asking: Asking) -> None:
    found = themes(asking)
    assert (found.answered, found.table.comments.n, found.table.coverage) == (0, 0, None)
    assert isinstance(found.detractors, Unsaid)
    assert found.since is None


def test_comments_are_counted_by_theme_and_rating(heard: Asking) -> None:
    found = themes(heard)

    assert (found.answered, found.table.comments.n) == (4, 3)
    delivery, billing, support = (
        found.table.themes[at(found, key)] for key in ("delivery", "billing", "support")
    )
    assert (delivery.ratings.detractors, billing.ratings.detractors, support.ratings.promoters) == (1, 1, 1)
    assert found.table.uncoded.ratings.passives == 1
    assert found.money[at(found, "delivery")] == (Money("EUR", 9_000_000_00, 1),)
    assert found.money[at(found, "safety")] == ()


def test_each_reader_sees_their_own_comments(heard: Asking) -> None:
    north = Scope(Reach.REGION, None, "North")
    assert themes(heard, scope=north).table.comments.n == 2
    assert themes(heard, scope=Scope(Reach.REGION, None, "South")).table.comments.n == 0
    assert themes(heard, scope=NOBODY).answered == 0


def test_a_slice_has_its_own_comments(heard: Asking) -> None:
    north = themes(heard, cut=Slice().narrowed("region", "North"))
    assert (north.answered, north.table.comments.n) == (2, 2)
    deciders = themes(heard, cut=Slice().narrowed("role", "decision_maker"))
    assert (deciders.answered, deciders.table.comments.n) == (1, 1)


def test_who_sees_no_revenue_sees_none_here(heard: Asking) -> None:
    scope = Scope(Reach.CALLS, heard.people.support.id)
    assert not any(themes(heard, scope=scope).money)


def test_money_is_kept_by_currency(heard: Asking) -> None:
    nina = heard.ask_somebody(8)
    heard.answer(nina, UNHAPPY | {"why": "Late delivery"})
    account = heard.session.query(Account).filter_by(external_id="ACC-8").one()
    account.currency = "CHF"
    heard.session.flush()
    found = themes(heard)
    assert [money.currency for money in found.money[at(found, "delivery")]] == ["CHF", "EUR"]


def test_every_count_opens_its_comments(heard: Asking) -> None:
    book = current_codebook(heard.session).book
    comments = comments_of(heard.session, [heard.wave.id], scope=SYSTEM)

    def texts(wanted: Picked) -> Sequence[str]:
        return comments.only(pick(comments, wanted, book=book)).texts

    assert texts(Picked(theme="delivery")) == (f"{SLOW}\nInvoices are wrong.",)
    assert texts(Picked(theme=UNCODED)) == ("Ça va bien 👍",)
    assert texts(Picked(theme="nothing")) == ()
    assert texts(Picked(category="promoter")) == (FINE,)
    assert texts(Picked(theme="delivery", category="promoter")) == ()
    assert texts(Picked(category="none")) == ()
    assert texts(Picked(language="en", stem="friend")) == (FINE,)
    assert texts(Picked(language="de", stem="friend")) == ()
    assert len(texts(Picked())) == 3


def test_a_new_version_counts_at_once(heard: Asking) -> None:
    themes(heard)
    theme = Theme("delivery", "Delivery", (("en", ("parcel",)),))
    save_theme(heard.session, theme, seen=0, by=heard.people.admin.id, now=NOW)
    found = themes(heard)
    assert found.table.themes[at(found, "delivery")].ratings.n == 0


def test_words_emerge_between_waves_and_between_ratings(asking: Asking) -> None:
    second = next_wave(asking)
    for number in range(12):
        told = HAPPY if number % 2 else UNHAPPY
        words = "The people are great" if number % 2 else "Portal is down all day"
        asking.answer(
            asking.ask_somebody(number), told | {"why": f"{words}. We order screws and bolts here."}
        )
        contact = asking.session.connection().exec_driver_sql("select max(id) from contacts").scalar_one()
        second.answer(second.ask(contact), HAPPY | {"why": "Surcharge nobody announced. Screws and bolts."})
    found = themes(second)
    first = themes(asking)

    assert isinstance(found.since, tuple)
    assert [one.word for one in found.since if one.z > 0][:1] == ["surcharge"]
    assert found.shares_before[at(found, "tools")] == pytest.approx(0.5)
    assert isinstance(first.detractors, tuple)
    assert isinstance(found.detractors, Unsaid)


def test_a_full_store_is_emptied(heard: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "KEPT_TEXTS", 1)
    monkeypatch.setattr(readings, "KEPT_BOOKS", 1)
    found = [themes(heard).table for _ in range(2)]
    assert found[0] == found[1]


def test_the_size_of_a_wave_does_not_change_the_number_of_statements(
    heard: Asking, statements: Collect
) -> None:
    counts = []
    for number in (20, 21):
        with statements() as said:
            themes(heard)
        counts.append(len(said))
        heard.answer(heard.ask_somebody(number), UNHAPPY | {"why": SLOW})
    assert counts[0] == counts[1] <= 8


def test_what_is_no_text_is_no_comment() -> None:
    assert joined([None, " ", 4, " one ", "two"]) == "one\ntwo"
