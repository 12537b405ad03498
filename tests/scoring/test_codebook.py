"""Codebooks: phrases, and the themes that they find."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.scoring import matching
from surveyd.scoring.codebook import BadPhrase, Codebook, OneWord, PhraseProblem, Theme, read_phrase
from surveyd.scoring.matching import Matcher, Sentence, matcher_of
from tests.base.hostile import HOSTILE

BILLING = Theme(
    "billing",
    "Billing",
    (("en", ("invoice", "credit note")), ("de", ("rechnung*",)), ("ja", ("請求",)), ("ar", ("فاتورة",))),
)
PRICE = Theme("price", "Price", (("en", ("price", "too expensive")), ("de", ("*preis*", "*teuer"))))
BOOK = Codebook((BILLING, PRICE))


def found(text: str, usual: str = "en") -> tuple[str, ...]:
    matcher = matcher_of(BOOK)
    return matcher.keys_of(matcher.mark(text, usual=usual))


@pytest.mark.parametrize(
    ("text", "usual", "expected"),
    [
        ("", "en", ()),
        ("Nothing to say", "en", ()),
        ("INVOICING is slow", "en", ("billing",)),
        ("Both credit notes came late", "en", ("billing",)),
        ("Full credit. Note the rest", "en", ()),
        ("We get credit for notes", "en", ()),
        ("It ends with credit", "en", ()),
        ("Too expensive, and the invoice was wrong", "en", ("billing", "price")),
        ("Die Rechnungsstellung stimmt nicht", "de", ("billing",)),
        ("Einkaufspreise sind überteuer", "de", ("price",)),
        ("Unsere Abrechnung", "de", ()),
        ("請求書が間違っている", "ja", ("billing",)),
        ("The 請求 is wrong for us and we do not like it", "en", ("billing",)),
        ("والفاتورة متأخرة", "ar", ("billing",)),
        ("La facture", "fr", ()),
    ],
)
def test_a_comment_has_the_themes_of_its_sentences(text: str, usual: str, expected: tuple[str, ...]) -> None:
    assert found(text, usual) == expected


def test_each_sentence_has_its_own_themes() -> None:
    said = matcher_of(BOOK).sentences("Good people. The price is fair, invoices are not!", usual="en")

    assert said == (
        Sentence("Good people.", ()),
        Sentence("The price is fair, invoices are not!", ("billing", "price")),
    )


def test_one_phrase_may_serve_two_themes() -> None:
    book = Codebook((Theme("one", "One", (("en", ("late",)),)), Theme("two", "Two", (("en", ("late",)),))))
    assert Matcher(book).mark("Always late", usual="en") == 0b11


def test_a_full_store_of_words_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "KEPT_WORDS", 2)
    matcher = Matcher(BOOK)
    marks = [matcher.mark("one two three four invoice five", usual="en") for _ in range(2)]
    assert marks == [1, 1]


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", PhraseProblem.NO_LETTERS),
        ("*", PhraseProblem.NO_LETTERS),
        ("!?", PhraseProblem.NO_LETTERS),
        ("x" * 81, PhraseProblem.TOO_LONG),
        ("a b c d e f g", PhraseProblem.TOO_MANY_WORDS),
        ("in*", PhraseProblem.OPEN_TOO_SHORT),
        ("in*voice", PhraseProblem.STAR_WITHIN),
    ],
)
def test_what_cannot_be_looked_for_is_refused_with_its_reason(typed: str, problem: PhraseProblem) -> None:
    with pytest.raises(BadPhrase) as refused:
        read_phrase(typed)
    assert (refused.value.problem, refused.value.phrase) == (problem, typed)


def test_a_phrase_is_read_word_by_word() -> None:
    assert read_phrase("On-boarding*").words == (OneWord("on"), OneWord("boarding", open_end=True))
    assert read_phrase("*Preis*").words == (OneWord("preis", open_start=True, open_end=True),)
    assert read_phrase("請 求*").run == "請求"


def test_a_theme_takes_the_place_of_its_own_key() -> None:
    renamed = Theme("billing", "Invoices")
    assert BOOK.with_theme(renamed).themes == (renamed, PRICE)
    assert BOOK.with_theme(Theme("new", "New")).themes[-1].key == "new"
    assert BOOK.without("billing").themes == (PRICE,)
    assert BOOK.find("nothing") is None
    assert (BILLING.typed_in("de"), BILLING.typed_in("es")) == (("rechnung*",), ())


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_finds_nothing(text: str) -> None:
    assert found(text) == ()


@given(st.text(), st.text())
def test_marks_of_sentences_add_up_to_the_comment(one: str, other: str) -> None:
    text = f"{one}\ninvoice\n{other}"
    matcher = matcher_of(BOOK)
    keys = {key for said in matcher.sentences(text, usual="en") for key in said.themes}
    assert keys == set(found(text))


@given(st.text(max_size=60))
def test_any_phrase_is_taken_or_refused(typed: str) -> None:
    try:
        read_phrase(typed)
    except BadPhrase:
        return
    book = Codebook((Theme("it", "It", (("en", (typed,)),)),))
    Matcher(book).mark(typed, usual="en")
