"""The codebook and its versions."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.base.errors import BadFile, NotFound, Refused
from surveyd.distribution.mails import LANGUAGES
from surveyd.people.models import AuditEntry
from surveyd.results import codebooks
from surveyd.results.codebook_data import (
    OTHER_SUPPLIERS,
    ThemeFault,
    ThemeProblem,
    as_data,
    from_data,
    new_key,
    phrases,
    read_codebook,
    start_codebook,
)
from surveyd.results.codebooks import (
    BadTheme,
    Overtaken,
    changes,
    codebook_version,
    codebook_versions,
    current_codebook,
    drop_theme,
    save_theme,
)
from surveyd.scoring.codebook import MOST_THEMES, Codebook, PhraseProblem, Theme
from surveyd.scoring.matching import matcher_of
from tests.fixtures.apps import NOW
from tests.fixtures.asking import Asking

RETURNS = Theme("returns", "Returns", (("en", ("return", "send back")),))


def save(asking: Asking, theme: Theme, seen: int = 0) -> int:
    return save_theme(asking.session, theme, seen=seen, by=asking.people.admin.id, now=NOW)


def test_the_shipped_codebook_speaks_every_language_of_mails() -> None:
    book = start_codebook()
    assert {language for theme in book.themes for language, _ in theme.phrases} == set(LANGUAGES)
    assert all(len(theme.phrases) == len(LANGUAGES) for theme in book.themes)
    assert book.find(OTHER_SUPPLIERS)
    assert len(book.themes) <= MOST_THEMES


@pytest.mark.parametrize(
    ("text", "language", "theme"),
    [
        ("Every second invoice is wrong.", "en", "billing"),
        ("Auf die Lieferungen warten wir zu lange.", "de", "delivery"),
        ("Le service après-vente ne répond pas.", "fr", "support"),
        ("Los precios suben cada año.", "es", "price"),
        ("請求書が間違っていました。", "ja", "billing"),
        ("التسليم متأخر دائما.", "ar", "delivery"),
        ("We look at another supplier.", "en", OTHER_SUPPLIERS),
    ],
)
def test_the_shipped_codebook_finds_what_people_say(text: str, language: str, theme: str) -> None:
    matcher = matcher_of(start_codebook())
    assert theme in matcher.keys_of(matcher.mark(text, usual=language))


def test_a_codebook_survives_being_stored() -> None:
    stored = from_data(as_data(start_codebook()))
    assert stored.themes[0].typed_in("ja") == start_codebook().themes[0].typed_in("ja")
    assert from_data(as_data(stored)) == stored


def test_every_fault_of_a_file_is_named_at_once() -> None:
    with pytest.raises(BadFile) as bad:
        read_codebook("a: {name: One, en: 'in*, ok'}\nb: {name: one}\nc: {en: x}", "book.yaml")
    said = [str(fault) for fault in bad.value.faults]
    assert len(said) == 4
    assert "line 1, a: in*: open_too_short" in said[0]


def test_phrases_are_parted_by_lines_and_commas_and_stand_once() -> None:
    assert phrases(" late \r\n\n on   time,late、 遅い،") == ("late", "on time", "遅い")


@pytest.mark.parametrize(
    ("name", "key"),
    [("Spare parts", "spare_parts_2"), ("Qualität!", "qualitat"), ("納期", "theme"), ("x" * 90, "x" * 40)],
)
def test_a_new_theme_gets_a_key(name: str, key: str) -> None:
    assert new_key(name, {"spare_parts"}) == key


def test_before_the_first_save_the_shipped_one_holds(asking: Asking) -> None:
    found = current_codebook(asking.session)
    assert (found.number, found.is_shipped, found.saved_at) == (0, True, None)
    assert [line.number for line in codebook_versions(asking.session)] == [0]


def test_a_save_is_a_new_version_and_the_old_one_stays(asking: Asking) -> None:
    assert save(asking, RETURNS) == 1
    found = current_codebook(asking.session)

    assert (found.number, found.saved_at, found.saved_by) == (1, NOW, "Ada Admin")
    assert found.book.find("returns") == RETURNS
    assert codebook_version(asking.session, 0).book.find("returns") is None
    assert [(line.number, line.saved_by) for line in codebook_versions(asking.session)] == [
        (1, "Ada Admin"),
        (0, ""),
    ]
    [entry] = asking.session.scalars(select(AuditEntry).where(AuditEntry.thing == "codebook"))
    assert (entry.action, entry.thing_id) == ("save_codebook", 1)


def test_saving_what_stands_makes_no_version(asking: Asking) -> None:
    save(asking, RETURNS)
    assert save(asking, RETURNS, seen=1) == 1
    assert save(asking, Theme("returns", "Returns", (("de", ()), *RETURNS.phrases)), seen=1) == 1


def test_two_admins_change_two_themes(asking: Asking) -> None:
    save(asking, RETURNS)
    assert save(asking, Theme("parking", "Parking"), seen=0) == 2
    assert current_codebook(asking.session).book.find("returns") == RETURNS


def test_the_same_theme_is_not_overwritten_unseen(asking: Asking) -> None:
    save(asking, RETURNS)
    save(asking, Theme("returns", "Returns", (("en", ("return",)),)), seen=1)
    with pytest.raises(Overtaken):
        save(asking, Theme("returns", "Returned goods"), seen=1)
    with pytest.raises(Overtaken):
        drop_theme(asking.session, "returns", seen=1, by=asking.people.admin.id, now=NOW)
    assert current_codebook(asking.session).number == 2


def test_two_saves_in_the_same_moment(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    before = current_codebook(asking.session)
    save(asking, RETURNS)
    monkeypatch.setattr(codebooks, "current_codebook", lambda session: before)
    with pytest.raises(Overtaken, match="same moment"):
        save(asking, Theme("parking", "Parking"))


def test_a_theme_that_cannot_stand_names_every_place(asking: Asking) -> None:
    with pytest.raises(BadTheme) as bad:
        save(asking, Theme("returns", "DELIVERY and lead times", (("en", ("in*", "fine")), ("de", ("*",)))))
    assert bad.value.faults == (
        ThemeFault(ThemeProblem.NAME_TAKEN),
        ThemeFault(PhraseProblem.OPEN_TOO_SHORT, "en", "in*"),
        ThemeFault(PhraseProblem.NO_LETTERS, "de", "*"),
    )
    for name, problem in ((" ", ThemeProblem.NO_NAME), ("x" * 61, ThemeProblem.NAME_TOO_LONG)):
        with pytest.raises(BadTheme) as bad:
            save(asking, Theme("returns", name))
        assert bad.value.faults == (ThemeFault(problem),)
    many = tuple(f"word{at}" for at in range(201))
    with pytest.raises(BadTheme) as bad:
        save(asking, Theme("returns", "Returns", (("en", many),)))
    assert bad.value.faults == (ThemeFault(ThemeProblem.TOO_MANY_PHRASES, "en"),)


def test_a_codebook_has_an_end(asking: Asking) -> None:
    for at in range(MOST_THEMES - len(start_codebook().themes)):
        save(asking, Theme(f"more_{at}", f"More {at}"), seen=at)
    with pytest.raises(Refused, match="holds 60 themes"):
        save(asking, Theme("too_many", "Too many"))


def test_a_theme_is_dropped_from_here_on(asking: Asking) -> None:
    assert drop_theme(asking.session, "safety", seen=0, by=asking.people.admin.id, now=NOW) == 1
    assert current_codebook(asking.session).book.find("safety") is None
    assert codebook_version(asking.session, 0).book.find("safety")
    with pytest.raises(NotFound):
        drop_theme(asking.session, "safety", seen=1, by=asking.people.admin.id, now=NOW)


def test_a_version_that_there_is_not(session: Session) -> None:
    with pytest.raises(NotFound):
        codebook_version(session, 7)


def test_what_differs_between_two_versions() -> None:
    old = Codebook((RETURNS, Theme("gone", "Gone", (("en", ("x ray",)),)), Theme("same", "Same")))
    new = Codebook(
        (
            Theme("returns", "Returned goods", (("en", ("return", "refund")),)),
            Theme("same", "Same"),
            Theme("new", "New"),
        )
    )
    renamed, added, gone = changes(old, new)

    assert (renamed.name_before, renamed.name) == ("Returns", "Returned goods")
    assert (renamed.added, renamed.dropped) == ((("en", "refund"),), (("en", "send back"),))
    assert (added.key, added.is_new, gone.key, gone.is_gone) == ("new", True, "gone", True)
    assert changes(old, old) == ()
