"""The people who moved: where the page leads before anybody could have, and for other regions."""

from surveyd.people.access import Reach, Scope
from surveyd.reports.moved_people import _narrowed
from tests.web.offices import Office, SignIn


def test_a_leader_of_another_region_sees_nobody() -> None:
    north = Scope(Reach.REGION, 1, "North")
    assert _narrowed(north, "South").reach is Reach.NOTHING
    assert _narrowed(north, "North") == _narrowed(north, "") == north


def test_before_the_second_wave_nobody_has_moved(office: Office, sign_in: SignIn) -> None:
    staff = sign_in(office.cast.executive)
    answer = staff.get("/staff/moves/people")
    assert (answer.status_code, answer.location) == (303, "/staff/health")
    assert staff.get("/staff/moves/people?wave=2031H1").status_code == 404
