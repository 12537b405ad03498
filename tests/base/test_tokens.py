"""Links cannot be guessed, open one thing only, and outlive the key they were made with."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyd.base.tokens import Keys, token_digest

OLD, NEW = b"the key of last year, thirty-two long", b"the key of this year, thirty-two long"
KEYS = Keys((OLD,))
ROTATED = Keys((NEW, OLD))
STRANGER = Keys((b"a key of somebody else, thirty-two long",))
IDS = st.integers(min_value=1, max_value=10**17)


def test_a_link_has_128_bits_and_only_letters_that_survive_a_mail() -> None:
    tokens = [KEYS.survey_token(number) for number in range(1, 1001)]
    assert len(set(tokens)) == 1000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", token) for token in tokens)


def test_links_share_no_beginning_and_no_order() -> None:
    tokens = [KEYS.survey_token(number) for number in range(1, 1001)]
    assert len({token[:4] for token in tokens}) > 990
    assert tokens != sorted(tokens)


def test_the_same_invitation_has_the_same_link_in_every_mail() -> None:
    assert KEYS.survey_token(7) == Keys((OLD,)).survey_token(7) != STRANGER.survey_token(7)


def test_a_reminder_keeps_its_link_when_the_key_has_changed() -> None:
    token = KEYS.survey_token(7)
    assert ROTATED.survey_token(7, token_digest(token)) == token


def test_a_link_of_no_known_key_is_made_with_the_newest() -> None:
    lost = token_digest(STRANGER.survey_token(7))
    assert ROTATED.survey_token(7, lost) == ROTATED.survey_token(7) == Keys((NEW,)).survey_token(7)


def test_the_table_keeps_nothing_that_opens_a_link() -> None:
    token = KEYS.survey_token(7)
    assert re.fullmatch(r"[0-9a-f]{64}", token_digest(token))
    assert token not in token_digest(token)


@given(IDS, st.integers(min_value=0, max_value=10**17))
def test_an_opt_out_link_names_its_two_ids(contact_id: int, invitation_id: int) -> None:
    token = KEYS.opt_out_token(contact_id, invitation_id)
    assert KEYS.read_opt_out_token(token) == (contact_id, invitation_id)
    assert ROTATED.read_opt_out_token(token) == (contact_id, invitation_id)
    assert STRANGER.read_opt_out_token(token) is None


@given(IDS)
def test_a_return_path_comes_back_in_any_case(message_id: int) -> None:
    address = KEYS.return_path(message_id, "mail.company.test")
    local, _, domain = address.partition("@")
    assert len(local) <= 64 and domain == "mail.company.test"
    for seen in (address, address.upper(), f"<{address}>", f" {local}@elsewhere.test "):
        assert KEYS.read_return_path(seen) == message_id
    assert ROTATED.read_return_path(address) == message_id
    assert STRANGER.read_return_path(address) is None


def altered(token: str) -> list[str]:
    """The token with one character changed, cut off, doubled or put in front."""
    changed = [
        token[:place] + ("a" if token[place] != "a" else "b") + token[place + 1 :]
        for place in range(len(token))
    ]
    return [*changed, token[:-1], token + token[-1], "1" + token, "", "."]


def test_an_altered_opt_out_link_opens_nothing() -> None:
    assert [token for token in altered(KEYS.opt_out_token(12, 34)) if KEYS.read_opt_out_token(token)] == []


def test_an_altered_return_path_names_no_mail() -> None:
    local, _, domain = KEYS.return_path(12, "mail.company.test").partition("@")
    assert [one for one in altered(local) if KEYS.read_return_path(f"{one}@{domain}") is not None] == []


def test_an_opt_out_link_does_not_serve_another_contact() -> None:
    signature = KEYS.opt_out_token(12, 34).rpartition(".")[2]
    for payload in ("13.34", "12.35", "1.234", "123.4", "012.34", "12.034"):
        assert KEYS.read_opt_out_token(f"{payload}.{signature}") is None


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "1.2", "1.2.", "-1.2.x", "1.².x", "1e3.2.x", f"{'9' * 40}.1.x", "1.2.ö", "1.2.\x00"],
)
def test_what_is_no_opt_out_link_is_none(token: str) -> None:
    assert KEYS.read_opt_out_token(token) is None


@pytest.mark.parametrize(
    "address", ["", "@", "b-@x", "b-1@x", "b-1-@x", "b--x@x", "c-1-x@x", "b-1-ö@x", "<>"]
)
def test_what_is_no_return_path_is_none(address: str) -> None:
    assert KEYS.read_return_path(address) is None


def test_a_token_for_one_purpose_opens_nothing_else() -> None:
    survey = KEYS.survey_token(12)
    opt_out = KEYS.opt_out_token(12, 34).rpartition(".")[2]
    bounce = KEYS.return_path(12, "x").partition("@")[0].rpartition("-")[2]
    assert KEYS.read_opt_out_token(f"12.34.{survey}") is None
    assert KEYS.read_opt_out_token(f"12.34.{bounce}") is None
    assert KEYS.read_return_path(f"b-12-{survey}@x") is None
    assert KEYS.read_return_path(f"b-12-{opt_out}@x") is None
    assert len({survey, opt_out, KEYS.survey_token(34)}) == 3


def test_a_derived_key_is_that_of_its_purpose_and_of_the_newest_secret() -> None:
    assert len(KEYS.derive("sessions")) == 32
    assert KEYS.derive("sessions") != KEYS.derive("sampling")
    assert ROTATED.derive("sessions") == Keys((NEW,)).derive("sessions") != KEYS.derive("sessions")


@given(IDS)
def test_a_link_to_set_a_password_names_its_row_and_nothing_else_opens_it(number: int) -> None:
    token = KEYS.sign_in_token(number)
    assert KEYS.read_sign_in_token(token) == ROTATED.read_sign_in_token(token) == number
    assert STRANGER.read_sign_in_token(token) is None
    others = [
        f"{number + 1}.{token.partition('.')[2]}",
        token[:-1],
        f"{number}.",
        str(number),
        "",
        ".",
        "x.y",
    ]
    assert {KEYS.read_sign_in_token(other) for other in others} == {None}
    assert KEYS.read_sign_in_token(KEYS.opt_out_token(number, number)) is None
