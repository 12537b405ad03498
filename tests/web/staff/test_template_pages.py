"""The templates to read: every mail in every language, in a frame that runs nothing."""

import pytest

from surveyd.distribution.mail_examples import example_of, list_mails
from surveyd.web.staff.templates import ABOUT
from tests.web.offices import Office, SignIn, Staff

EVERY = [(kind.name, language) for kind in list_mails() for language in kind.languages]


@pytest.fixture
def admin(cast_alone: Office, sign_in: SignIn) -> Staff:
    return sign_in(cast_alone.cast.admin)


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_every_mail_has_an_example_and_is_explained(name: str, language: str) -> None:
    words = example_of(name, language, base_url="https://survey.example")
    assert words.subject and words.text.strip()
    assert f'<html lang="{language}"' in words.html
    assert name in ABOUT


def test_every_mail_is_shown_with_its_text_and_its_frame(admin: Staff) -> None:
    listed = admin.get("/staff/templates").text
    for name, language in EVERY:
        assert f"/staff/templates/{name}" in listed
        page = admin.get(f"/staff/templates/{name}?language={language}")
        assert page.status_code == 200
        assert f'src="/staff/templates/{name}/{language}.html"' in page.text and "sandbox=" in page.text


def test_the_frame_runs_and_fetches_nothing(admin: Staff) -> None:
    framed = admin.get("/staff/templates/invitation/de.html")

    policy = framed.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "sandbox" in policy and "allow-scripts" not in policy
    assert "Guten Tag" in framed.text


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/..%2f..", "/layout", "/invitation?language=pt", "/invitation/xx.html", "/welcome/de.html"],
)
def test_what_there_is_not_is_not_there(admin: Staff, path: str) -> None:
    assert admin.get(f"/staff/templates{path}").status_code == 404


def test_only_an_admin_reads_templates(cast_alone: Office, sign_in: SignIn) -> None:
    for path in ("", "/invitation", "/invitation/en.html"):
        assert sign_in(cast_alone.cast.mona).get(f"/staff/templates{path}").status_code == 403
