"""T10: one click opts out, from every mail, as often as it is pressed, and later too."""

import time
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest

from tests.fixtures.figures import Measured
from tests.fixtures.houses import House
from tests.fixtures.relays import Received, Relay
from tests.reliability.respondents import Respondent, link_in
from tests.reliability.stage import import_company, launch_wave

pytestmark = pytest.mark.processes

WAVE = "2026-h1"
ONE_CLICK = b"List-Unsubscribe=One-Click"
BODIES = {
    "application/x-www-form-urlencoded": ONE_CLICK,
    "multipart/form-data; boundary=x": (
        b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
    ),
}
SECONDS = 5.0


class NoRedirect(HTTPRedirectHandler):
    """A redirect is an answer like any other, and a wrong one."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def test_one_click_opts_out_from_every_mail(house: House, relay: Relay, measured: Measured) -> None:
    import_company(house, [f"c{at}@customer.test" for at in range(6)])
    launch_wave(house, WAVE)
    house.run("tick")
    house.start("web")
    invitations = {mail.recipients[0]: mail for mail in relay.received}
    done = Respondent(link_in(invitations["c0@customer.test"]))
    assert done.answer()
    done.leave()
    house.run("tick")
    [thanks] = [mail for mail in relay.received if mail.recipients[0] == "c0@customer.test"][1:]
    mails = [*invitations.values(), thanks]
    assert all(_headers(mail) for mail in mails)

    # Somebody forges, somebody presses twice in each way, and the wave closes in between.
    status = [_forged(one) for one in invitations.values()]
    assert set(status) == {404} and _opted_out(house) == 0
    began = time.monotonic()
    for kind in BODIES:
        status += [_press(invitations["c1@customer.test"], kind) for _ in range(2)]
    seconds = time.monotonic() - began
    assert _opted_out(house) == 1 and seconds < SECONDS
    house.run("wave", "cancel", WAVE, "--yes")
    status += [_press(mail, kind) for mail in (invitations["c2@customer.test"], thanks) for kind in BODIES]
    assert set(status) == {200, 404}
    before = len(relay.received)
    house.run("tick")
    measured(
        mails=len(mails), presses=len(status), seconds_to_stop=round(seconds, 2), opted_out=_opted_out(house)
    )
    assert _opted_out(house) == 3
    assert len(relay.received) == before


def test_the_click_holds_for_the_address(house: House, relay: Relay) -> None:
    """The same person at two accounts, and once more on a list of later: nobody mails them again."""
    import_company(house, [*(f"c{at}@customer.test" for at in range(6)), "C0@Customer.test"])
    launch_wave(house, WAVE)
    house.run("tick")
    house.start("web")
    asked = {mail.recipients[0] for mail in relay.received}
    assert asked == {f"c{at}@customer.test" for at in range(6)}
    [mail] = [mail for mail in relay.received if mail.recipients[0] == "c0@customer.test"]
    assert _press(mail, next(iter(BODIES))) == 200
    house.run("wave", "cancel", WAVE, "--yes")
    seen = len(relay.received)

    # What was another address becomes theirs, and a new contact is there to be asked.
    import_company(
        house,
        [
            *(f"c{at}@customer.test" for at in range(5)),
            "c0@CUSTOMER.test",
            "c0@customer.test",
            "new@customer.test",
        ],
    )
    launch_wave(house, "2026-h2")
    house.run("tick")
    asked = {mail.recipients[0] for mail in relay.received[seen:]}
    assert asked == {*(f"c{at}@customer.test" for at in range(1, 5)), "new@customer.test"}


def _headers(mail: Received) -> bool:
    """Whether a mail carries both headers, with one address to post to."""
    message = mail.mail
    link = str(message["List-Unsubscribe"])
    assert link.startswith("<http") and link.endswith(">") and "," not in link
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return True


def _press(mail: Received, kind: str) -> int:
    return _post(str(mail.mail["List-Unsubscribe"]).strip("<>"), kind)


def _forged(mail: Received) -> int:
    address = str(mail.mail["List-Unsubscribe"]).strip("<>")
    return _post(f"{address[:-3]}{'AAA' if not address.endswith('AAA') else 'BBB'}", next(iter(BODIES)))


def _post(address: str, kind: str) -> int:
    """POST as a mail program does: without a cookie, following nothing."""
    assert urlsplit(address).path.startswith("/u/")
    request = Request(address, data=BODIES[kind], headers={"Content-Type": kind}, method="POST")
    try:
        with build_opener(NoRedirect).open(request, timeout=10) as answer:
            assert "Set-Cookie" not in answer.headers
            return int(answer.status)
    except HTTPError as error:
        return error.code


def _opted_out(house: House) -> int:
    """How many are on the list of those who asked not to be mailed."""
    return len(house.json("suppressions", "people"))
