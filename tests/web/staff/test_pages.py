"""Every staff page: who opens it, what a foreign or unknown id shows, and what it costs."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

from tests.fixtures.apps import Transaction
from tests.web.offices import WORDS, Office, SignIn

Collect = Callable[[], AbstractContextManager[list[str]]]


START = {
    "admin": "/staff/waves",
    "executive": "/staff/health",
    "leader": "/staff/health",
    "mona": "/staff/accounts",
    "support": "/staff/calls",
}


def test_each_role_starts_at_its_own_page(office: Office, sign_in: SignIn) -> None:
    for role, path in START.items():
        response = sign_in(getattr(office.cast, role)).get("/staff/")
        assert (response.status_code, response.location) == (303, path)


def test_the_navigation_leads_only_where_the_role_may_go(office: Office, sign_in: SignIn) -> None:
    page = sign_in(office.cast.support).get("/staff/calls").text

    assert 'href="/staff/cases"' in page
    assert 'href="/staff/accounts"' not in page
    assert 'href="/staff/health"' not in page


def test_a_foreign_thing_is_not_there(office: Office, sign_in: SignIn) -> None:
    cast = office.cast

    for page in (f"accounts/{cast.nordwind}", f"responses/{office.anna}", f"cases/{office.case}"):
        for owner in (cast.mona, cast.leader, cast.admin, cast.executive):
            assert sign_in(owner).get(f"/staff/{page}").status_code == 200
        for other in (cast.milo, cast.outsider):
            answer = sign_in(other).get(f"/staff/{page}")
            assert answer.status_code == 404
            assert "Anna" not in answer.text


def test_an_unknown_id_is_a_helpful_404(office: Office, sign_in: SignIn) -> None:
    admin = sign_in(office.cast.admin)

    for thing in ("accounts", "responses", "cases", "calls", "waves"):
        for key in ("999999", "0", "abc", "-1", "9" * 30):
            response = admin.get(f"/staff/{thing}/{key}")
            assert response.status_code == 404, (thing, key)
            assert "There is nothing here" in response.text


def test_health_says_how_things_are(office: Office, sign_in: SignIn) -> None:
    page = sign_in(office.cast.executive).get("/staff/health").text

    assert "2 answers: 100\N{NO-BREAK SPACE}% after the invitation" in page
    assert "<h1>2 of 3 have answered 2026H1</h1>" in page
    assert re.search(r">1 promoter</a>, 0 passives, <a [^>]*>1 detractor</a>", page)


def test_health_before_the_first_wave(cast_alone: Office, sign_in: SignIn) -> None:
    page = sign_in(cast_alone.cast.executive).get("/staff/health").text

    assert "No wave has been launched yet" in page


def test_a_page_without_rows_says_what_it_will_show(cast_alone: Office, sign_in: SignIn) -> None:
    admin = sign_in(cast_alone.cast.admin)

    for page, says in {
        "waves": "No wave is running",
        "calls": "Nobody is to be called",
        "cases": "No case is open",
        "accounts": "2 accounts, nobody at high risk",
    }.items():
        assert f"<h1>{says}</h1>" in admin.get(f"/staff/{page}").text


def test_accounts_show_what_the_reader_may_see(office: Office, sign_in: SignIn) -> None:
    everything = sign_in(office.cast.admin).get("/staff/accounts").text
    own = sign_in(office.cast.mona).get("/staff/accounts").text

    assert "Nordwind" in everything
    assert "Südwerk" in everything
    assert "Nordwind" in own
    assert "Südwerk" not in own
    assert "<h1>1 account, nobody at high risk</h1>" in own
    assert "9.0\N{NO-BREAK SPACE}M\N{NO-BREAK SPACE}EUR" in own


def test_accounts_are_searched_and_paged_on_the_server(office: Office, sign_in: SignIn) -> None:
    mona = sign_in(office.cast.admin)

    assert "Nordwind" not in mona.get("/staff/accounts?search=werk").text
    assert "No account of yours is like this" in mona.get("/staff/accounts?search=%25").text
    assert mona.get("/staff/accounts?after=999999").status_code == 409


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


STATEMENTS = {
    "health": 31,
    "accounts": 15,
    "accounts/{nordwind}": 18,
    "team": 4,
    "responses/{anna}": 12,
    "cases": 6,
    "cases/{case}": 11,
    "calls": 21,
    "calls/{call}": 11,
    "waves": 4,
    "waves/{wave}": 20,
    "waves/{wave}/progress": 13,
    "waves/{wave}/audience": 16,
    "calendar": 9,
    "programs": 4,
    "programs/1": 5,
    "outbox": 8,
    "outbox/1": 5,
}
"""How many statements a page may cost, the reader's own among them, however many rows it shows."""


def test_a_page_costs_few_statements(office: Office, sign_in: SignIn, statements: Collect) -> None:
    admin = sign_in(office.cast.admin)
    ids = {"nordwind": office.cast.nordwind, "anna": office.anna, "case": office.case, "call": office.call}

    for path, most in STATEMENTS.items():
        with statements() as said:
            assert admin.get(f"/staff/{path.format(**ids, wave=office.wave)}").status_code == 200
        assert len(said) <= most, "\n".join([path, *said])
