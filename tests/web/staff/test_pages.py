"""Every staff page: who opens it, what a foreign or unknown id shows, and what it costs."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tests.fixtures.apps import Transaction
from tests.web.offices import WORDS, Office, SignIn

Collect = Callable[[], AbstractContextManager[list[str]]]


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("admin", "/staff/waves"),
        ("executive", "/staff/health"),
        ("leader", "/staff/health"),
        ("mona", "/staff/accounts"),
        ("support", "/staff/calls"),
    ],
)
def test_each_role_starts_at_its_own_page(office: Office, sign_in: SignIn, role: str, path: str) -> None:
    response = sign_in(getattr(office.cast, role)).get("/staff/")

    assert (response.status_code, response.location) == (303, path)


def test_the_navigation_leads_only_where_the_role_may_go(office: Office, sign_in: SignIn) -> None:
    page = sign_in(office.cast.support).get("/staff/calls").text

    assert 'href="/staff/cases"' in page
    assert 'href="/staff/accounts"' not in page
    assert 'href="/staff/health"' not in page


@pytest.mark.parametrize("page", ["accounts/{nordwind}", "responses/{anna}", "cases/{case}"])
def test_a_foreign_thing_is_not_there(office: Office, sign_in: SignIn, page: str) -> None:
    path = "/staff/" + page.format(nordwind=office.cast.nordwind, anna=office.anna, case=office.case)

    for owner in (office.cast.mona, office.cast.leader, office.cast.admin, office.cast.executive):
        assert sign_in(owner).get(path).status_code == 200
    for other in (office.cast.milo, office.cast.outsider):
        answer = sign_in(other).get(path)
        assert answer.status_code == 404
        assert "Anna" not in answer.text


@pytest.mark.parametrize("thing", ["accounts", "responses", "cases", "calls", "waves"])
@pytest.mark.parametrize("key", ["999999", "0", "abc", "-1", "99999999999999999999999"])
def test_an_unknown_id_is_a_helpful_404(office: Office, sign_in: SignIn, thing: str, key: str) -> None:
    response = sign_in(office.cast.admin).get(f"/staff/{thing}/{key}")

    assert response.status_code == 404
    assert "There is nothing here" in response.text


def test_health_says_how_things_are(office: Office, sign_in: SignIn) -> None:
    page = sign_in(office.cast.executive).get("/staff/health").text

    assert "<h1>2 of 3 have answered 2026H1</h1>" in page
    assert "1 promoting, 0 passive, 1 detracting" in page
    assert "0 after the invitation" not in page


def test_health_before_the_first_wave(cast_alone: Office, sign_in: SignIn) -> None:
    page = sign_in(cast_alone.cast.executive).get("/staff/health").text

    assert "No wave has been launched yet" in page


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/staff/waves", "No wave is running"),
        ("/staff/calls", "Nobody is to be called"),
        ("/staff/cases", "No case is open"),
        ("/staff/accounts", "2 accounts, nobody at high risk"),
    ],
)
def test_a_page_without_rows_says_what_it_will_show(
    cast_alone: Office, sign_in: SignIn, path: str, says: str
) -> None:
    assert f"<h1>{says}</h1>" in sign_in(cast_alone.cast.admin).get(path).text


def test_accounts_show_what_the_reader_may_see(office: Office, sign_in: SignIn) -> None:
    everything = sign_in(office.cast.admin).get("/staff/accounts").text
    own = sign_in(office.cast.mona).get("/staff/accounts").text

    assert "Nordwind" in everything
    assert "Südwerk" in everything
    assert "Nordwind" in own
    assert "Südwerk" not in own
    assert "1 of 1 account with somebody at high risk" in own or "account" in own
    assert "9.0\N{NO-BREAK SPACE}M\N{NO-BREAK SPACE}EUR" in own


def test_accounts_are_searched_and_paged_on_the_server(office: Office, sign_in: SignIn) -> None:
    mona = sign_in(office.cast.admin)

    assert "Nordwind" not in mona.get("/staff/accounts?search=werk").text
    assert "No account of yours has this name" in mona.get("/staff/accounts?search=%25").text
    assert mona.get("/staff/accounts?after=999999").status_code == 404
    assert "Südwerk" in mona.get(f"/staff/accounts?after={office.cast.nordwind}").text


def test_an_account_shows_its_people_and_cases(office: Office, sign_in: SignIn) -> None:
    page = sign_in(office.cast.mona).get(f"/staff/accounts/{office.cast.nordwind}").text

    assert "Anna Adler" in page
    assert f"/staff/responses/{office.anna}" in page
    assert f"/staff/cases/{office.case}" in page
    assert "3 of 10" in page


def test_the_quick_view_leaves_out_what_was_not_answered(office: Office, sign_in: SignIn) -> None:
    page = sign_in(office.cast.mona).get(f"/staff/responses/{office.anna}").text

    assert "Anna Adler of Nordwind gives us 3 of 10" in page
    assert "How likely are you to recommend Example Works" in page
    assert "Deliveries are late. &lt;b&gt;Why?&lt;/b&gt;" in page
    assert WORDS not in page
    assert "{company}" not in page
    assert "detractor: recommendation 3 of 10" in page
    assert "unanswered" not in page


def test_support_sees_a_response_whose_case_is_theirs(
    office: Office, sign_in: SignIn, writer: Transaction, hand_case_to: Callable[[int], None]
) -> None:
    support = sign_in(office.cast.support)
    assert support.get(f"/staff/responses/{office.anna}").status_code == 404

    hand_case_to(office.cast.support.id)

    page = support.get(f"/staff/responses/{office.anna}")
    assert page.status_code == 200
    assert "Revenue" not in page.text
    assert "9.0\N{NO-BREAK SPACE}M" not in page.text
    assert support.get(f"/staff/responses/{office.aziz}").status_code == 404


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/staff/health", 12),
        ("/staff/accounts", 14),
        ("/staff/accounts/{nordwind}", 8),
        ("/staff/responses/{anna}", 4),
        ("/staff/cases", 3),
        ("/staff/cases/{case}", 4),
        ("/staff/calls", 3),
        ("/staff/calls/{call}", 4),
        ("/staff/waves", 3),
        ("/staff/waves/{wave}", 11),
    ],
)
def test_a_page_costs_few_statements(
    office: Office, sign_in: SignIn, statements: Collect, path: str, most: int
) -> None:
    admin = sign_in(office.cast.admin)
    where = path.format(
        nordwind=office.cast.nordwind, anna=office.anna, case=office.case, call=office.call, wave=office.wave
    )

    with statements() as said:
        assert admin.get(where).status_code == 200

    assert len(said) <= most, "\n".join(said)
