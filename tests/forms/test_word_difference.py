"""The words that differ between two wordings, and nothing else."""

import pytest

from surveyd.forms.word_difference import GONE, NEW, Piece, word_difference


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("", "new"),
        ("gone", ""),
        ("How likely are you?", "How likely is it that you go?"),
        ("私たちはどうですか", "私たちはいかがですか"),
        ("<b>bold</b>\nline", "<b>bolder</b>\n\nline"),
    ],
)
def test_both_wordings_are_whole_in_the_pieces(before: str, after: str) -> None:
    pieces = word_difference(before, after)
    assert "".join(piece.text for piece in pieces if piece.fate != NEW) == before
    assert "".join(piece.text for piece in pieces if piece.fate != GONE) == after


def test_only_the_words_that_differ_are_marked() -> None:
    assert word_difference("We like working with you.", "We love working with you.")[1:3] == (
        Piece(GONE, "like"),
        Piece(NEW, "love"),
    )
    japanese = word_difference("良い点", "悪い点")
    assert [piece.text for piece in japanese] == ["良", "悪", "い点"]
