"""Who is not mailed, in the browser: listed, added, lifted, taken in, handed out; and what came back."""

import csv
import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from surveyd.base.services import Services
from surveyd.distribution.models import Message, MessageState, Suppression, Wave
from surveyd.distribution.opt_outs import opt_out_of
from surveyd.distribution.outbox import NewMessage, queue
from surveyd.distribution.return_models import Door, ProgramOptOut, Return, ReturnState, StopChange
from surveyd.distribution.returns import take_return
from surveyd.distribution.suppressions import opt_out, suppress
from surveyd.people.models import AuditEntry, Contact
from tests.fixtures.apps import NOW, Transaction
from tests.web.offices import Office, SignIn, Staff

ODD = b"From: somebody@else.test\nSubject: <b>A question</b>\n\nWho are you? <script>alert(1)</script>\n"


@pytest.fixture
def admin(office: Office, sign_in: SignIn) -> Staff:
    return sign_in(office.cast.admin)


@pytest.fixture
def letter(office: Office, writer: Transaction) -> int:
    """A mail to Sofie that waits in the outbox; gives its id."""
    with writer() as session:
        sofie = session.get_one(Contact, office.cast.sofie.id)
        mail = NewMessage(
            dedup_key="a",
            name="invitation",
            language="en",
            recipient="Sofie@Suedwerk.test",
            due_at=NOW,
            created_at=NOW,
            contact_id=sofie.id,
        )
        queue(session, [mail], mail_domain="mail.surveyd.test")
        return session.scalars(select(Message.id).where(Message.dedup_key == "a")).one()


def test_an_address_is_added_and_lifted_with_a_reason(admin: Staff, reader: Transaction, letter: int) -> None:
    assert "Every address may be mailed" in admin.get("/staff/suppressions").text
    said = {"address": " SOFIE@suedwerk.test", "reason": "=She called us"}
    answer = admin.post("/staff/suppressions", **said)
    assert (answer.status_code, answer.location) == (303, "/staff/suppressions?told=added")
    with reader() as session:
        assert session.get_one(Message, letter).state is MessageState.SUPPRESSED
        assert session.get_one(Suppression, "sofie@suedwerk.test").reason == "by_hand"

    shown = admin.get("/staff/suppressions?search=SOFIE&reason=by_hand").text
    assert "1 address is not mailed" in shown and "=She called us" in shown
    rows = list(csv.reader(io.StringIO(admin.get("/staff/suppressions.csv").text)))
    assert rows[1][:3] == ["sofie@suedwerk.test", "by_hand", "'=She called us"]

    lifted = admin.post("/staff/suppressions/lift", address="sofie@suedwerk.test", reason="Her new box")
    assert lifted.status_code == 303
    again = admin.post("/staff/suppressions/lift", address="sofie@suedwerk.test", reason="Her new box")
    assert again.status_code == 422 and "somebody may have lifted it" in again.text
    with reader() as session:
        assert session.scalars(select(Suppression)).all() == []
        assert session.get_one(Message, letter).state is MessageState.SUPPRESSED
        changes = session.scalars(select(StopChange).order_by(StopChange.id)).all()
        assert [(one.what, one.reason) for one in changes] == [
            ("added", "=She called us"),
            ("lifted", "Her new box"),
        ]
        trail = session.scalars(select(AuditEntry.action).where(AuditEntry.thing == "suppressions")).all()
        assert trail == ["suppression_added", "suppression_lifted"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"address": "", "reason": "x"}, "Write the address."),
        ({"address": "nonsense", "reason": "x"}, "nonsense"),
        ({"address": "a@b.test", "reason": " \0"}, "Say in a few words why"),
        ({"address": "a@b.test", "reason": "x" * 201}, "Shorten the reason"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    admin: Staff, fields: dict[str, str], words: str
) -> None:
    answer = admin.post("/staff/suppressions", **fields)
    assert answer.status_code == 422 and words in answer.text
    assert fields["address"] in answer.text


def test_a_file_is_taken_in_as_a_whole_or_not_at_all(admin: Staff, reader: Transaction, letter: int) -> None:
    def send(content: bytes) -> int:
        file = (io.BytesIO(content), "stop.csv")
        return admin.post("/staff/suppressions/import", file=file).status_code  # type: ignore[arg-type]

    assert send(b"email,reason\nsofie@suedwerk.test,'=left\nno address,\n") == 422
    with reader() as session:
        assert session.scalars(select(Suppression)).all() == []
    for _ in range(2):
        assert (
            send(b"\xef\xbb\xbfName;E-Mail;reason\r\nS;SOFIE@suedwerk.test;'=left\r\nB;b@b.test;\r\n\r\n")
            == 303
        )
    with reader() as session:
        rows = {one.address: (one.reason, one.detail) for one in session.scalars(select(Suppression))}
        assert rows == {"sofie@suedwerk.test": ("imported", "=left"), "b@b.test": ("imported", "")}
        assert session.get_one(Message, letter).state is MessageState.SUPPRESSED
    assert send(b"") == 422


def test_many_addresses_come_page_by_page(admin: Staff, writer: Transaction) -> None:
    with writer() as session:
        for number in range(60):
            suppress(session, f"p{number:02}@x.test", reason="bounced", now=NOW)
    first = admin.get("/staff/suppressions?sort=address").text
    assert "p00@x.test" in first and "p55@x.test" not in first
    link = first.split("after=")[1].split('"')[0].replace("&amp;", "&")
    assert "p55@x.test" in admin.get(f"/staff/suppressions?after={link}").text
    assert admin.get("/staff/suppressions?after=nonsense").status_code == 409


def test_somebody_is_asked_again_on_their_own_word(
    admin: Staff, office: Office, writer: Transaction, reader: Transaction
) -> None:
    sofie, anna = office.cast.sofie.id, office.cast.anna.id
    with writer() as session:
        program = session.get_one(Wave, office.wave).program_id
        opt_out_of(session, anna, program, now=NOW)
        opt_out(session, sofie, now=NOW)
    shown = admin.get("/staff/opt-outs").text
    assert "2 people asked not to be mailed" in shown and "Anna Adler" in shown and "of everything" in shown

    assert admin.post(f"/staff/opt-outs/{sofie}", reason="").status_code == 422
    assert (
        admin.post(f"/staff/opt-outs/{anna}", reason="By phone", program=str(program + 1)).status_code == 404
    )
    assert admin.post(f"/staff/opt-outs/{anna}", reason="By phone", program=str(program)).status_code == 303
    assert admin.post(f"/staff/opt-outs/{sofie}", reason="By mail").status_code == 303
    assert admin.post(f"/staff/opt-outs/{sofie}", reason="By mail").status_code == 404
    with reader() as session:
        assert session.get_one(Contact, sofie).opted_out_at is None
        assert session.scalars(select(ProgramOptOut)).all() == []
        said = session.scalars(select(StopChange.reason).order_by(StopChange.id)).all()
        assert said == ["By phone", "By mail"]
    assert "Nobody asked not to be mailed" in admin.get("/staff/opt-outs").text


def test_what_nobody_understood_is_kept_shown_and_settled_once(
    admin: Staff, services: Services, writer: Transaction, reader: Transaction
) -> None:
    with writer() as session:
        found = take_return(session, ODD, keys=services.keys, door=Door.PIPE, now=NOW).id
    shown = admin.get("/staff/returns").text
    assert "1 mail that came back waits for you" in shown and "&lt;b&gt;A question" in shown
    one = admin.get(f"/staff/returns/{found}").text
    assert "alert(1)&lt;/script&gt;" in one and "It names no mail of ours." in one

    assert admin.post(f"/staff/returns/{found}", believe="hard").status_code == 422
    assert admin.post(f"/staff/returns/{found}", believe="nonsense").status_code == 422
    assert admin.post(f"/staff/returns/{found}", believe="").status_code == 303
    assert admin.post(f"/staff/returns/{found}", believe="").status_code == 422
    with reader() as session:
        row = session.get_one(Return, found)
        assert (row.state, row.content) == (ReturnState.SETTLED, None)
    assert "Its words are not kept." in admin.get(f"/staff/returns/{found}").text


def test_a_key_lets_a_mail_server_in_until_it_is_ended(
    admin: Staff, client: FlaskClient, reader: Transaction
) -> None:
    page = admin.post("/staff/returns/keys", name="mx of the provider").text
    key = page.split("<code>")[1].split("</code>")[0]
    assert key not in admin.get("/staff/returns").text

    def send(key: str) -> int:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "message/rfc822"}
        return client.post("/hooks/returns", data=ODD, headers=headers).status_code

    assert [send(key), send(key), send("wrong"), send("")] == [200, 200, 401, 401]
    with reader() as session:
        assert [one.door for one in session.scalars(select(Return))] == [Door.WEBHOOK]
    assert admin.post("/staff/returns/keys/1/end").status_code == 303
    assert send(key) == 401
    assert admin.post("/staff/returns/keys/1/end").status_code == 404
    assert client.get("/hooks/returns").status_code == 405
