"""Sentences, words and stems in many scripts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.scoring import stems
from surveyd.scoring.stems import is_term, language_of, stem, terms
from surveyd.scoring.text import pairs, plain, sentences, tokens
from tests.base.hostile import HOSTILE


def words(text: str) -> list[str]:
    return tokens(plain(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\t ", []),
        ("One only", ["One only"]),
        ("Late again. Why? Nobody knows!", ["Late again.", "Why?", "Nobody knows!"]),
        ("Version 3.5 works.It is fast", ["Version 3.5 works.It is fast"]),
        ("first line\r\n- second line", ["first line", "- second line"]),
        ("納期が遅い。でも品質は良い！", ["納期が遅い。", "でも品質は良い！"]),
        ("هل يصل الرد؟ لا", ["هل يصل الرد؟", "لا"]),
        ("…", ["…"]),
    ],
)
def test_a_comment_falls_into_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't e-mail snake_case", ["don't", "e", "mail", "snake", "case"]),
        ("L’équipe d`achat", ["l'équipe", "d'achat"]),
        ("STRASSE Straße", ["strasse", "strasse"]),
        ("ﬁne\u00adtuning\u200b", ["finetuning"]),
        ("cafe\u0301", ["café"]),
        ("cafe\u200b\u0301", ["café"]),
        ("\u0627\u0653\u0628", ["\u0622\u0628"]),
        ("التسليـــمُ", ["التسليم"]),
        ("OEM品質が良い", ["oem", "品質が良い"]),
        ("ｻﾎﾟｰﾄ", ["サポート"]),
        ("हिन्दी", ["हिन्दी"]),
        ("👩‍🔧 !!", []),
    ],
)
def test_a_sentence_falls_into_words_of_one_form(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_a_run_without_spaces_is_counted_in_pairs_without_its_grammar() -> None:
    assert pairs("納期が遅いサポートは良いです") == ["納期", "遅い", "サポート", "良い"]
    assert pairs("価") == ["価"]
    assert pairs("です") == []
    assert pairs("价格太高") == ["价格", "格太", "太高"]


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", ["invoice", "invoices", "invoicing", "invoiced"]),
        ("de", ["preis", "preise", "preisen"]),
        ("fr", ["facture", "factures", "l'facture"]),
        ("fr", ["qualité", "qualite"]),
        ("es", ["entrega", "entregas"]),
        ("ar", ["التسليم", "تسليم", "والتسليم"]),
    ],
)
def test_forms_of_a_word_share_a_stem(language: str, forms: list[str]) -> None:
    assert len({stem(form, language) for form in forms}) == 1


def test_what_has_no_stem_is_itself() -> None:
    assert stem("品質", "ja") == "品質"
    assert stem("365", "en") == "365"
    assert stem("nuqneh", "tlh") == "nuqneh"
    assert stem("", "en") == ""


@pytest.mark.parametrize(
    ("text", "usual", "expected"),
    [
        ("", "de-AT", "de"),
        ("Super", "fr", "fr"),
        ("Your support is what we like and it is fast", "de", "en"),
        ("Die Lieferung war nicht gut und der Preis ist zu hoch", "en", "de"),
        ("La entrega es lo que no nos gusta de ustedes", "en", "es"),
        ("Les prix sont trop élevés pour nous et vous le savez", "en", "fr"),
        ("納期が遅い", "en", "ja"),
        ("品質", "ja", "ja"),
        ("品質", "en", "zh"),
        ("품질이 좋다", "en", "ko"),
        ("คุณภาพดี", "en", "th"),
        ("التسليم متأخر", "en", "ar"),
        ("کیفیت خوب", "fa", "fa"),
        ("Качество хорошее", "ru", "ru"),
        ("The SAP interface 接口 works for us and it is good", "en", "en"),
    ],
)
def test_a_text_is_read_in_its_own_language(text: str, usual: str, expected: str) -> None:
    assert language_of(words(text), usual=usual) == expected


def test_small_words_numbers_and_letters_are_no_terms() -> None:
    assert [word for word in words("The 2 invoices of a supplier") if is_term(word, "en")] == [
        "invoices",
        "supplier",
    ]
    assert terms(words("The invoices 納期"), "en") == [("invoic", "invoices"), ("納期", "納期")]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_text(text: str) -> None:
    for said in sentences(text):
        assert terms(words(said), "en") == terms(words(said), "en")


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    read = [word for said in sentences(text) for word in words(said)]
    assert all(read)
    assert language_of(read, usual="en")
    assert all(stem(word, "ar") or not word for word in read)


def test_every_stemmer_exists() -> None:
    assert [stem("anna", language) for language in stems.ALGORITHMS]
