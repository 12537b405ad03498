"""The mail catcher: what comes over SMTP is kept, listed newest first, and read as its recipient would."""

import smtplib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from surveyd.base.errors import NotFound
from surveyd.base.mailer import Mail, write_mail
from surveyd.operations.catcher import (
    catching,
    forget_mails,
    keep_mail,
    list_mails,
    mail_folder,
    read_mail,
    run_catcher,
)

AT = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


def mail_to(recipient: str, subject: str = "How are we doing?") -> bytes:
    return write_mail(
        Mail(
            sender="survey@kestrel.example",
            sender_name="Jörg Müller",
            recipient=recipient,
            recipient_name="Anna",
            subject=subject,
            text="Grüße\n.\nein Punkt",
            html="<p>Grüße</p>",
            message_id="1@kestrel.example",
            date=AT,
        )
    )


def keep(data: Path, recipient: str, minutes: int = 0) -> str:
    at = AT + timedelta(minutes=minutes)
    return keep_mail(
        data, sender="b-1-x@kestrel.example", recipients=(recipient,), content=mail_to(recipient), at=at
    )


def test_a_mail_over_smtp_is_kept_with_its_envelope(tmp_path: Path) -> None:
    with catching(tmp_path) as port, smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.sendmail("b-7-abc@kestrel.example", ["anna@nord.example"], mail_to("anna@nord.example"))
    [line] = list_mails(tmp_path).mails
    assert line.sender == "b-7-abc@kestrel.example"
    assert line.recipients == ("anna@nord.example",)
    assert (line.from_name, line.subject) == ("Jörg Müller", "How are we doing?")
    mail = read_mail(tmp_path, line.key)
    assert mail.text.split() == ["Grüße", ".", "ein", "Punkt"]
    assert mail.html.strip() == "<p>Grüße</p>"
    assert ("Message-ID", "<1@kestrel.example>") in mail.headers
    assert not [name for name, _ in mail.headers if name.startswith("X-Envelope")]


def test_several_recipients_and_many_mails_on_one_connection(tmp_path: Path) -> None:
    with catching(tmp_path) as port, smtplib.SMTP("127.0.0.1", port) as smtp:
        for number in range(30):
            smtp.sendmail(
                "s@kestrel.example", [f"a{number}@nord.example", "b@sud.example"], mail_to("a@x.example")
            )
    page = list_mails(tmp_path, limit=100)
    assert page.total == len(page.mails) == 30
    assert page.after is None
    assert {mail.recipients[1] for mail in page.mails} == {"b@sud.example"}


def test_the_catcher_ends_when_it_is_told_even_with_a_guest(tmp_path: Path) -> None:
    stop = threading.Event()
    with catching(tmp_path) as taken:
        with pytest.raises(OSError):
            run_catcher(tmp_path, taken, stop)
        guest = smtplib.SMTP("127.0.0.1", taken)
    with pytest.raises((smtplib.SMTPServerDisconnected, OSError)):
        guest.docmd("NOOP")
    guest.close()
    stop.set()
    # In a thread: a browser of this worker may keep a loop running in the main one.
    with ThreadPoolExecutor() as threads:
        threads.submit(run_catcher, tmp_path, 0, stop).result(timeout=10)


def test_pages_are_newest_first_and_hang_together(tmp_path: Path) -> None:
    keys = [keep(tmp_path, f"p{minute}@nord.example", minute) for minute in range(7)]
    first = list_mails(tmp_path, limit=3)
    assert [mail.key for mail in first.mails] == keys[:3:-1]
    second = list_mails(tmp_path, after=first.after, limit=3)
    third = list_mails(tmp_path, after=second.after, limit=3)
    assert [mail.key for mail in (*second.mails, *third.mails)] == keys[3::-1]
    assert third.after is None
    assert first.mails[0].arrived_at == AT + timedelta(minutes=6)


def test_mails_of_one_recipient(tmp_path: Path) -> None:
    wanted = keep(tmp_path, "anna@nord.example")
    keep(tmp_path, "berta@nord.example", 1)
    assert [mail.key for mail in list_mails(tmp_path, to=" ANNA@nord").mails] == [wanted]
    assert list_mails(tmp_path, to="nobody").mails == ()


def test_an_empty_folder_is_an_empty_page(tmp_path: Path) -> None:
    assert list_mails(tmp_path / "missing").mails == ()
    keep(tmp_path, "anna@nord.example")
    forget_mails(tmp_path)
    forget_mails(tmp_path)
    assert list_mails(tmp_path).total == 0


@pytest.mark.parametrize("key", ["", "../secret-key", "1773133200000000-1-000001", "0" * 400, "a\0b"])
def test_a_key_that_names_no_mail_is_not_found(tmp_path: Path, key: str) -> None:
    keep(tmp_path, "anna@nord.example")
    (tmp_path / "secret-key").write_text("hidden")
    with pytest.raises(NotFound):
        read_mail(tmp_path, key)


def test_half_written_and_foreign_files_are_not_shown(tmp_path: Path) -> None:
    key = keep(tmp_path, "anna@nord.example")
    (mail_folder(tmp_path) / "new" / "README").write_text("mine")
    (mail_folder(tmp_path) / "tmp" / key.replace("-", "-9", 1)).write_bytes(b"Subject: ha")
    assert [mail.key for mail in list_mails(tmp_path).mails] == [key]


def test_a_strange_mail_is_shown_as_far_as_it_can_be_read(tmp_path: Path) -> None:
    for content in (b"", b"\xff\xfe no headers at all", b"Subject: =?utf-8?q?=FF?=\r\nFrom: @@@\r\n\r\nbody"):
        key = keep_mail(tmp_path, sender="", recipients=(), content=content, at=AT)
        mail = read_mail(tmp_path, key)
        assert mail.line.recipients == ()
    odd = EmailMessage()
    odd.set_content("text")
    odd.replace_header("Content-Type", 'text/plain; charset="no-such-charset"')
    key = keep_mail(tmp_path, sender="a@b.example", recipients=("c@d.example",), content=bytes(odd), at=AT)
    assert read_mail(tmp_path, key).text.strip() == "text"
    assert len(list_mails(tmp_path).mails) == 4
