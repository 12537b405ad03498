"""One wave's page and its brakes."""

import pytest

from surveyd.distribution.models import Exclusion, Wave, WaveState
from surveyd.people.models import AuditEntry
from tests.fixtures.apps import NOW, Transaction
from tests.web.offices import Office, SignIn


def wave_of(office: Office, reader: Transaction) -> Wave:
    with reader() as session:
        return session.get_one(Wave, office.wave)


def test_the_page_says_how_far_the_wave_is(office: Office, sign_in: SignIn, writer: Transaction) -> None:
    with writer() as session:
        session.add(Exclusion(wave_id=office.wave, contact_id=office.cast.aziz.id, rule="opted_out"))

    page = sign_in(office.cast.admin).get(f"/staff/waves/{office.wave}").text

    assert "2 of 3 have answered (67\N{NO-BREAK SPACE}%)" in page
    assert "Pause sending" in page
    assert "the contact asked not to be mailed" in page


def test_a_wave_pauses_and_goes_on(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    admin, path = sign_in(office.cast.admin), f"/staff/waves/{office.wave}"

    assert admin.post(f"{path}/pause").status_code == 303
    assert wave_of(office, reader).paused_at is not None
    assert "Go on sending" in admin.get(path).text
    assert admin.post(f"{path}/pause").status_code == 303
    assert admin.post(f"{path}/resume").status_code == 303

    assert wave_of(office, reader).paused_at is None
    with reader() as session:
        trail = [(entry.action, entry.user_id) for entry in session.query(AuditEntry).order_by(AuditEntry.id)]
        assert trail == [(action, office.cast.admin.id) for action in ("pause", "pause", "resume")]


def test_a_cancelled_wave_stays_cancelled(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    admin, path = sign_in(office.cast.admin), f"/staff/waves/{office.wave}"

    assert admin.post(f"{path}/cancel").status_code == 303
    again = admin.post(f"{path}/cancel")

    assert again.status_code == 409
    assert "there is nothing to cancel" in again.text
    assert wave_of(office, reader).state is WaveState.CANCELLED
    assert "Pause sending" not in admin.get(path).text


@pytest.mark.parametrize(("typed", "kept"), [("5", 5), ("0", None)])
def test_the_rate_is_set(
    office: Office, sign_in: SignIn, reader: Transaction, *, typed: str, kept: int | None
) -> None:
    assert sign_in(office.cast.admin).post(f"/staff/waves/{office.wave}/rate", rate=typed).status_code == 303
    assert wave_of(office, reader).rate == kept


@pytest.mark.parametrize("typed", ["", "fast", "-1", "99999999999", "1.5"])
def test_a_rate_that_is_none_is_refused(
    office: Office, sign_in: SignIn, reader: Transaction, typed: str
) -> None:
    response = sign_in(office.cast.admin).post(f"/staff/waves/{office.wave}/rate", rate=typed)

    assert response.status_code == 422
    assert f'value="{typed}"' in response.text
    assert wave_of(office, reader).rate is None


def test_an_executive_looks_and_touches_nothing(office: Office, sign_in: SignIn, reader: Transaction) -> None:
    executive, path = sign_in(office.cast.executive), f"/staff/waves/{office.wave}"

    assert "Pause sending" not in executive.get(path).text
    assert executive.post(f"{path}/pause").status_code == 403
    assert wave_of(office, reader).paused_at is None


def test_before_the_launch_the_page_forecasts(office: Office, sign_in: SignIn, writer: Transaction) -> None:
    with writer() as session:
        first = session.get_one(Wave, office.wave)
        coming = Wave(
            program_id=first.program_id, slug="2026H2", version_id=first.version_id, scheduled_at=NOW
        )
        session.add(coming)
        session.flush()
        wave_id = coming.id

    page = sign_in(office.cast.admin).get(f"/staff/waves/{wave_id}").text

    assert "2026H2 would invite 0 contacts" in page
    assert "the contact was asked within the rest period" in page
    assert "surveyd wave launch 2026H2 --yes" in page
