"""The opt-out by one click, as RFC 8058 wants it."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from surveyd.base.services import Services
from surveyd.distribution.models import Invitation, InvitationState
from surveyd.distribution.return_models import ProgramOptOut
from surveyd.people.models import Contact
from tests.fixtures.apps import Transaction
from tests.fixtures.cast import Cast
from tests.web.respondents import Letters, send_letters


@pytest.fixture
def letters(writer: Transaction, services: Services) -> Letters:
    with writer() as session:
        return send_letters(session, services.keys)


def link(letters: Letters, services: Services, reader: Transaction, name: str) -> str:
    with reader() as session:
        contact_id = session.get_one(Invitation, letters.ids[name]).contact_id
    return f"/u/{services.keys.opt_out_token(contact_id, letters.ids[name])}"


def opted_out(letters: Letters, reader: Transaction, name: str) -> bool:
    with reader() as session:
        invitation = session.get_one(Invitation, letters.ids[name])
        return session.get_one(Contact, invitation.contact_id).opted_out_at is not None


@pytest.mark.parametrize("body", ["multipart/form-data", "application/x-www-form-urlencoded", "none"])
def test_one_click_opts_out(
    client: FlaskClient, letters: Letters, services: Services, reader: Transaction, *, body: str
) -> None:
    path = link(letters, services, reader, "anna")
    form = {"List-Unsubscribe": "One-Click"}

    for _ in range(2):
        response = client.post(path) if body == "none" else client.post(path, data=form, content_type=body)
        assert response.status_code == 200
        assert "Set-Cookie" not in response.headers
        assert "You will get no more of these mails" in response.text

    assert opted_out(letters, reader, "anna")
    assert not opted_out(letters, reader, "aziz")
    with reader() as session:
        assert session.get_one(Invitation, letters.ids["anna"]).state is InvitationState.OPTED_OUT


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_scanner_that_follows_the_link_changes_nothing(
    client: FlaskClient, letters: Letters, services: Services, reader: Transaction, *, method: str
) -> None:
    path = link(letters, services, reader, "anna")

    response = client.open(path, method=method)

    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert not opted_out(letters, reader, "anna")


def test_the_page_speaks_the_contact_s_language(
    client: FlaskClient, letters: Letters, services: Services, reader: Transaction
) -> None:
    page = client.get(link(letters, services, reader, "sofie"), headers={"Accept-Language": "en"}).text

    assert '<html lang="de" dir="ltr">' in page
    assert "Mails abbestellen" in page


def test_it_works_after_the_wave_is_closed_and_the_invitation_gone(
    client: FlaskClient, letters: Letters, services: Services, reader: Transaction
) -> None:
    with reader() as session:
        contact_id = session.get_one(Invitation, letters.ids["anna"]).contact_id
    path = f"/u/{services.keys.opt_out_token(contact_id, 999_999)}"

    assert client.get(path).status_code == 200
    assert client.post(path).status_code == 200
    assert opted_out(letters, reader, "anna")


def test_a_contact_that_was_erased_gets_the_same_answer(
    client: FlaskClient, services: Services, cast: Cast
) -> None:
    assert client.post(f"/u/{services.keys.opt_out_token(999_999, 1)}").status_code == 200


@pytest.mark.parametrize("token", ["1.1.forged", "x", "1.1", "1..", "-1.1.x", "9" * 40 + ".1.x", "%00"])
def test_a_forged_link_changes_nothing(
    client: FlaskClient, letters: Letters, reader: Transaction, token: str
) -> None:
    assert client.post(f"/u/{token}").status_code == 404
    assert client.get(f"/u/{token}").status_code == 404
    assert not any(opted_out(letters, reader, name) for name in ("anna", "aziz", "sofie"))


def test_a_survey_link_opts_nobody_out(
    client: FlaskClient, letters: Letters, services: Services, reader: Transaction
) -> None:
    assert client.post(letters.anna.replace("/s/", "/u/")).status_code == 404
    assert client.get(link(letters, services, reader, "anna").replace("/u/", "/s/")).status_code == 404


def test_a_person_may_stop_one_program_and_then_all(
    client: FlaskClient, letters: Letters, services: Services, reader: Transaction
) -> None:
    path = link(letters, services, reader, "anna")
    assert client.get(path).text.count("<button") == 2

    for _ in range(2):
        page = client.post(f"{path}?of=program&lang=de")
        assert (page.status_code, 'id="opted-out-of-program"' in page.text) == (200, True)
        assert '<html lang="de" dir="ltr">' in page.text
    assert not opted_out(letters, reader, "anna")
    with reader() as session:
        assert session.get_one(Invitation, letters.ids["anna"]).state is InvitationState.OPTED_OUT
        assert len(session.scalars(select(ProgramOptOut)).all()) == 1

    assert 'id="opted-out"' in client.post(f"{path}?of=all").text
    assert opted_out(letters, reader, "anna")


def test_without_a_program_there_is_only_all(
    client: FlaskClient, letters: Letters, services: Services, reader: Transaction
) -> None:
    with reader() as session:
        contact_id = session.get_one(Invitation, letters.ids["anna"]).contact_id
    path = f"/u/{services.keys.opt_out_token(contact_id, 999_999)}"
    assert client.get(path).text.count("<button") == 1
    assert client.post(f"{path}?of=program").status_code == 200
    assert opted_out(letters, reader, "anna")


def test_whoever_cannot_answer_finds_the_way_to_stop_the_mails(
    client: FlaskClient, letters: Letters, services: Services, reader: Transaction
) -> None:
    page = client.get(f"{letters.anna}/other").text
    path = link(letters, services, reader, "anna")
    assert f'href="{path}?lang=' in page
    assert client.get(path).status_code == 200
    assert not opted_out(letters, reader, "anna")


def test_a_body_that_cannot_be_read_opts_out_all_the_same(
    client: FlaskClient, letters: Letters, services: Services, reader: Transaction
) -> None:
    path = link(letters, services, reader, "anna")
    broken = client.post(path, data=b"--x\r\nnothing", content_type="multipart/form-data; boundary=y")
    assert broken.status_code == 200
    assert opted_out(letters, reader, "anna")
