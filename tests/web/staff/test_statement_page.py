"""A wave's statement and its seal, as pages."""

from datetime import timedelta

from surveyd.base.clock import SetClock
from surveyd.distribution import waves
from surveyd.distribution.models import Exclusion, Invitation, InvitationState
from surveyd.people.models import AuditEntry, Contact
from surveyd.responses.models import Response
from surveyd.results.seals import find_seal
from tests.fixtures.apps import NOW, Transaction
from tests.web.offices import Office, SignIn

OVER = NOW + timedelta(days=60)


def close(office: Office, writer: Transaction, clock: SetClock) -> str:
    clock.instant = OVER
    with writer() as session:
        assert waves.close_due(session, now=OVER) == 1
    return f"/staff/waves/{office.wave}/statement"


def test_the_sums_add_up_and_each_number_opens_its_list(office: Office, sign_in: SignIn) -> None:
    admin = sign_in(office.cast.admin)
    page = admin.get(f"/staff/waves/{office.wave}/statement").text

    assert "3 contacts, each in exactly one state" in page
    assert f'/staff/waves/{office.wave}/audience?state=answered">2<' in page
    assert "these numbers move until it is closed and sealed" in page
    assert "Work the check value" not in page and "<form" not in page.split("<main")[1]
    assert f"/staff/waves/{office.wave}/statement" in admin.get(f"/staff/waves/{office.wave}").text


def test_a_closed_wave_is_sealed_once_and_checked(
    office: Office, sign_in: SignIn, writer: Transaction, clock: SetClock
) -> None:
    path, admin = close(office, writer, clock), sign_in(office.cast.admin)
    assert "Seal 2026H1" in admin.get(path).text

    for _ in range(2):
        assert admin.post(f"/staff/waves/{office.wave}/seal").status_code == 303

    with writer() as session:
        made = find_seal(session, waves.get_wave(session, office.wave))
        assert made is not None
        value = made.check_value
        assert session.query(AuditEntry).filter_by(action="seal").count() == 1
    assert value in admin.get(path).text
    assert "as it was sealed" in admin.get(f"{path}?check=1").text

    with writer() as session:
        response = session.get_one(Response, office.anna)
        response.answers = response.answers | {"recommend": 10}
    told = admin.get(f"{path}?check=1").text
    assert "has changed since it was sealed" in told and "answers differ" in told


def test_the_list_of_a_sealed_wave_stays_as_it_was(
    office: Office, sign_in: SignIn, writer: Transaction, clock: SetClock
) -> None:
    close(office, writer, clock)
    admin, path = sign_in(office.cast.admin), f"/staff/waves/{office.wave}/audience"
    admin.post(f"/staff/waves/{office.wave}/seal")
    file = admin.get(f"{path}.csv").text
    assert file.count("\n") == 4

    with writer() as session:
        cast = office.cast
        gone = session.get_one(Invitation, office.sofie_invitation)
        gone.state, gone.account_id = InvitationState.OPTED_OUT, cast.nordwind
        session.get_one(Contact, cast.sofie.id).account_id = cast.nordwind
        session.add(Exclusion(wave_id=office.wave, contact_id=cast.anna.id, rule="opted_out"))

    assert admin.get(f"{path}.csv").text == file
    assert "3 contacts are in, 0 out" in admin.get(path).text
    found = admin.get(f"{path}?search=Sofie&in=1").text
    assert "Sofie Sommer of Südwerk is in: " in found
    assert "Sofie" not in admin.get(f"{path}?state=opted_out").text


def test_a_running_wave_is_not_sealed(office: Office, sign_in: SignIn) -> None:
    answer = sign_in(office.cast.admin).post(f"/staff/waves/{office.wave}/seal")

    assert answer.status_code == 422
    assert "only a closed wave can be sealed" in answer.text


def test_who_reads_and_who_seals(
    office: Office, sign_in: SignIn, writer: Transaction, clock: SetClock
) -> None:
    path = close(office, writer, clock)
    executive = sign_in(office.cast.executive)

    assert "Seal 2026H1" not in executive.get(path).text
    assert executive.post(f"/staff/waves/{office.wave}/seal").status_code == 403
    assert sign_in(office.cast.mona).get(path).status_code == 403
    assert sign_in(office.cast.admin).get("/staff/waves/999999/statement").status_code == 404
