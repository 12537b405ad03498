"""The questionnaires to read: all of them, and one with its pages, languages, versions and uses."""

import pytest

from tests.web.offices import Office, SignIn, Staff


@pytest.fixture
def admin(office: Office, sign_in: SignIn) -> Staff:
    return sign_in(office.cast.admin)


PAGES = (
    "/staff/questionnaires",
    "/staff/questionnaires/relational",
    "/staff/questionnaires/relational/preview",
    "/staff/questionnaires/relational/preview/page",
    "/staff/questionnaires/relational/edit",
    "/staff/questionnaires/relational/edit/texts",
    "/staff/questionnaires/relational/edit/preview",
    "/staff/questionnaires/relational/edit/file",
    "/staff/questionnaires/relational/file.yaml",
    "/staff/questionnaires/relational/compare",
)


@pytest.mark.parametrize("path", PAGES)
def test_show(admin: Staff, path: str) -> None:
    answer = admin.get(path)
    assert answer.status_code == 200, answer.text[:3000]
