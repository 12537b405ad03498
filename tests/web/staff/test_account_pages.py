"""The pages of accounts as their readers see them: what is shown to whom, where it leads, and its file."""

import csv
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from surveyd.people.models import Account, Contact
from tests.fixtures.apps import NOW, Transaction
from tests.web.offices import Office, SignIn

Collect = Callable[[], AbstractContextManager[list[str]]]
HOSTILE = '"><script>alert(1)</script> %(x)s {{ 7*7 }}'
MONEY = "9.0\N{NO-BREAK SPACE}M"


@pytest.fixture
def hostile(office: Office, writer: Transaction) -> Office:
    """The office with names that nobody should have."""
    with writer() as session:
        account = session.get_one(Account, office.cast.nordwind)
        account.name = account.region = account.branch = HOSTILE
        account.tier = HOSTILE[:40]
        account.dimensions = {HOSTILE: HOSTILE}
        for contact_id in (office.cast.anna.id, office.cast.aziz.id):
            contact = session.get_one(Contact, contact_id)
            contact.name, contact.email, contact.phone = HOSTILE, f"{HOSTILE}@x.test", HOSTILE[:20]
    return office


def test_hostile_names_stay_text(hostile: Office, sign_in: SignIn) -> None:
    admin = sign_in(hostile.cast.admin)

    for path in (
        "accounts",
        f"accounts/{hostile.cast.nordwind}",
        f"responses/{hostile.anna}",
        "team",
        "accounts?search=%22%3E%3Cscript%3E&region=%22%3E%3Cscript%3E&manager=%27",
        "team?search=%22%3E%3Cscript%3E",
    ):
        answer = admin.get(f"/staff/{path}")
        assert answer.status_code == 200, path
        assert "<script>alert" not in answer.text, path
        assert '"><script' not in answer.text, path
        assert "49" not in answer.text.partition("<h1>")[2].partition("</h1>")[0], path


def test_a_hostile_filter_is_kept_and_finds_its_account(hostile: Office, sign_in: SignIn) -> None:
    page = sign_in(hostile.cast.admin).client.get("/staff/accounts", query_string={"region": HOSTILE}).text

    assert page.count('class="whole"') == 1
    assert "Südwerk" not in page


@pytest.mark.parametrize("path", ["accounts?after=x", "accounts?after=W10", "team?after=!!"])
def test_a_broken_key_says_to_begin_again(office: Office, sign_in: SignIn, path: str) -> None:
    answer = sign_in(office.cast.admin).get(f"/staff/{path}")

    assert answer.status_code == 409
    assert "begin again with the first page" in answer.text


def test_support_has_no_accounts_at_all(office: Office, sign_in: SignIn) -> None:
    support = sign_in(office.cast.support)

    for path in ("accounts", "accounts.csv", f"accounts/{office.cast.nordwind}", "team"):
        answer = support.get(f"/staff/{path}")
        assert answer.status_code == 403
        assert "Nordwind" not in answer.text and MONEY not in answer.text


def test_a_colleague_sees_no_revenue_of_a_foreign_account(
    office: Office, sign_in: SignIn, hand_case_to: Callable[[int], None]
) -> None:
    hand_case_to(office.cast.milo.id)
    milo = sign_in(office.cast.milo)

    for path in (f"/staff/cases/{office.case}", f"/staff/responses/{office.anna}"):
        page = milo.get(path)
        assert page.status_code == 200
        assert "Nordwind" in page.text
        assert "Revenue" not in page.text and MONEY not in page.text
        assert f"/staff/accounts/{office.cast.nordwind}" not in page.text


def test_who_has_no_account_is_told_what_to_do(office: Office, sign_in: SignIn) -> None:
    page = sign_in(office.cast.outsider).get("/staff/accounts").text

    assert "<h1>You have no accounts yet</h1>" in page
    assert "Ask a program admin to import them or to make you their manager." in page


def test_an_account_manager_has_no_team(office: Office, sign_in: SignIn) -> None:
    mona = sign_in(office.cast.mona)

    assert mona.get("/staff/team").status_code == 403
    assert "/staff/team" not in mona.get("/staff/accounts").text
    assert 'name="manager"' not in mona.get("/staff/accounts").text


def test_a_leader_sees_the_region_by_manager(office: Office, sign_in: SignIn) -> None:
    leader = sign_in(office.cast.leader)
    page = leader.get("/staff/team").text

    assert f'href="/staff/accounts?manager={office.cast.mona.id}"' in page
    assert "Milo" not in page
    assert "Südwerk" not in leader.get(f"/staff/accounts?manager={office.cast.milo.id}").text
    assert "Nordwind" in leader.get(f"/staff/accounts?manager={office.cast.mona.id}").text
    assert "/staff/team" in leader.get("/staff/accounts").text


def test_the_list_is_narrowed_and_sorted_by_its_address(office: Office, sign_in: SignIn) -> None:
    admin = sign_in(office.cast.admin)

    assert "Südwerk" not in admin.get("/staff/accounts?response=all").text
    assert "Nordwind" not in admin.get("/staff/accounts?response=nobody").text
    nothing = admin.get("/staff/accounts?segment=accessible").text
    assert "<h1>No account fits</h1>" in nothing
    assert "Take a filter away" in nothing
    upside_down = admin.get("/staff/accounts?sort=-name").text
    assert upside_down.index("Südwerk") < upside_down.index("Nordwind")
    assert 'aria-sort="descending"' in upside_down


def test_the_file_is_the_list(office: Office, sign_in: SignIn) -> None:
    admin = sign_in(office.cast.admin)
    page = admin.get("/staff/accounts?region=North&sort=-revenue").text
    assert 'href="/staff/accounts.csv?sort=-revenue&amp;region=North"' in page

    answer = admin.get("/staff/accounts.csv?sort=-revenue&region=North")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="accounts.csv"'
    assert answer.headers["Cache-Control"] == "no-store"
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(line["name"], line["revenue"], line["answered"]) for line in lines] == [
        ("Nordwind", "9000000.00", "2")
    ]
    own = sign_in(office.cast.milo).get("/staff/accounts.csv").text
    assert "Südwerk" in own and "Nordwind" not in own
    assert sign_in(office.cast.outsider).get("/staff/accounts.csv").text.count("\r\n") == 1


def test_an_account_tells_how_far_the_wave_has_come(office: Office, sign_in: SignIn) -> None:
    page = sign_in(office.cast.mona).get(f"/staff/accounts/{office.cast.nordwind}").text

    assert "<h1>Nordwind: 2 of 2 people answered</h1>" in page
    assert "<q" in page and "Deliveries are late. &lt;b&gt;Why?&lt;/b&gt;" in page
    assert f'data-label="Invited">{(NOW - timedelta(days=21)).day} Feb<' in page
    assert "Wave by wave" in page
    assert MONEY in page


def test_a_response_says_what_can_be_done_about_it(office: Office, sign_in: SignIn) -> None:
    page = sign_in(office.cast.mona).get(f"/staff/responses/{office.anna}").text

    assert 'href="tel:+4930901821"' in page
    assert 'href="mailto:anna@nordwind.test?subject=Your%20answers%20to%20Example%20Works"' in page
    assert f'href="/staff/cases/{office.case}"' in page
    assert f'href="/staff/cases/{office.case}#log-title"' in page
    assert "Means to stay, but does not feel good about us." in page


def test_who_is_not_to_be_phoned_has_no_number_to_press(
    office: Office, sign_in: SignIn, writer: Transaction
) -> None:
    with writer() as session:
        anna = session.get_one(Contact, office.cast.anna.id)
        anna.do_not_phone, anna.opted_out_at = True, NOW

    page = sign_in(office.cast.mona).get(f"/staff/responses/{office.anna}").text

    assert "tel:" not in page
    assert "not to be phoned" in page
    assert "wants no survey mails since 10 March 2026" in page


STATEMENTS = {
    "accounts": 14,
    "accounts.csv": 11,
    "accounts/{account_id}": 18,
    "responses/{response_id}": 12,
    "team": 4,
}


@pytest.mark.parametrize("path", STATEMENTS)
def test_a_page_costs_the_same_however_much_it_shows(
    office: Office, sign_in: SignIn, statements: Collect, path: str
) -> None:
    admin = sign_in(office.cast.admin)
    ids = {"account_id": office.cast.nordwind, "response_id": office.anna}
    # The first look of a process reads where accounts stand; then it is kept, until something changes.
    admin.get(f"/staff/{path.format(**ids)}")

    with statements() as said:
        assert admin.get(f"/staff/{path.format(**ids)}").status_code == 200

    assert len(said) <= STATEMENTS[path], "\n".join(said)


@pytest.fixture
def group(office: Office, writer: Transaction) -> Office:
    """Südwerk, which Milo manages, belongs to Nordwind, which Mona manages."""
    with writer() as session:
        session.get_one(Account, office.cast.sudwerk).parent_id = office.cast.nordwind
    return office


def test_a_standing_is_told_with_its_reason_and_what_to_do(office: Office, sign_in: SignIn) -> None:
    page = sign_in(office.cast.mona).get(f"/staff/accounts/{office.cast.nordwind}").text

    assert "Split: decision makers say trapped, users say truly loyal." in page
    assert "2 of 2 asked have answered, a decision maker among them." in page
    assert "Talk to both sides before you act on the mean." in page
    assert 'aria-describedby="standing-basis"' in page
    assert "The mean of all who answered, weighted by role." in page
    assert "by version 1 of the scoring policy" in page


def test_silence_is_told_with_whom_to_ask(office: Office, sign_in: SignIn) -> None:
    milo = sign_in(office.cast.milo)
    page = milo.get(f"/staff/accounts/{office.cast.sudwerk}").text

    assert "Not heard so far: Sofie Sommer (buyer)." in page
    assert "Check that the right people are on the list, and phone one of them." in page
    assert "Südwerk" in milo.get("/staff/accounts?flag=silent").text
    assert "<h1>No account fits</h1>" in milo.get("/staff/accounts?flag=split").text


def test_flags_narrow_the_list_and_its_file(office: Office, sign_in: SignIn) -> None:
    admin = sign_in(office.cast.admin)
    page = admin.get("/staff/accounts?flag=split").text

    assert "Nordwind" in page and "Südwerk" not in page
    assert '<option value="split" selected>split</option>' in page
    assert 'href="/staff/accounts.csv?sort=name&amp;flag=split"' in page
    [line] = csv.DictReader(io.StringIO(admin.get("/staff/accounts.csv?flag=split").text))
    assert (line["name"], line["confidence"], line["flags"]) == ("Nordwind", "medium", "dm_detractor split")


def test_a_parent_shows_its_group(group: Office, sign_in: SignIn) -> None:
    admin = sign_in(group.cast.admin)
    page = admin.get(f"/staff/accounts/{group.cast.nordwind}").text

    assert "The group: 2 accounts" in page
    assert f'href="/staff/accounts/{group.cast.sudwerk}"' in page
    assert f'href="/staff/accounts?parent={group.cast.nordwind}"' in page
    assert "outside your sight" not in page
    below = admin.get(f"/staff/accounts/{group.cast.sudwerk}").text
    assert f'href="/staff/accounts/{group.cast.nordwind}">Nordwind</a>' in below
    listed = admin.get("/staff/accounts?group=with").text
    assert listed.count("Group of 2 accounts") == 1
    of_one = admin.get(f"/staff/accounts?parent={group.cast.nordwind}").text
    assert "The group of Nordwind" in of_one and of_one.count('class="whole"') == 2


def test_of_a_group_everybody_sees_their_part(group: Office, sign_in: SignIn) -> None:
    mona, milo = sign_in(group.cast.mona), sign_in(group.cast.milo)
    page = mona.get(f"/staff/accounts/{group.cast.nordwind}").text

    assert "The group: 1 account" in page
    assert "The group has more accounts, which are outside your sight" in page
    assert "Südwerk" not in page and "400" not in page
    assert "in your sight; there are more" in mona.get("/staff/accounts?group=with").text
    child = milo.get(f"/staff/accounts/{group.cast.sudwerk}").text
    assert "one outside your sight" in child and "Nordwind" not in child
    assert milo.get(f"/staff/accounts/{group.cast.nordwind}").status_code == 404
    assert "Südwerk" not in milo.get(f"/staff/accounts?parent={group.cast.nordwind}").text
