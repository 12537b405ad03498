"""The head of a probe as it arrived: what counts of it, and that nothing a stranger writes is believed."""

import time

import pytest

from surveyd.base.tokens import Keys
from surveyd.distribution.launching.arrivals import (
    Judgement,
    judgement_in,
    probe_named,
    read_head,
    says_probe,
)

KEYS = Keys((b"a secret key that only the tests know",))
TOKEN = KEYS.signed("probe", "7")
PASSED = (
    "mx.box.test; spf=pass (sender is (really) fine; spf=fail) smtp.mailfrom=b-1@mail.test;\r\n"
    '\tdkim=fail reason="a; dkim=pass" header.d=other.test; dkim=pass header.d=sender.test;\r\n'
    " dmarc=pass (p=reject) header.from=sender.test"
)


def judged(*headers: str, server: str = "") -> Judgement | None:
    """What counts of these Authentication-Results headers, topmost first."""
    lines = [f"Authentication-Results: {header}" for header in headers]
    return judgement_in(read_head("\r\n".join([*lines, "Subject: x", "", "body"]).encode()), server)


def test_comments_quotes_and_folds_are_read_as_the_standard_says() -> None:
    assert judged(PASSED) == Judgement("mx.box.test", "pass", "pass", "pass")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("mx.box.test 1; none", ("", "", "")),
        ("mx.box.test; SPF=SoftFail; DKIM/1=None; DMARC = TempError", ("softfail", "none", "temperror")),
        ("mx.box.test; spf=none smtp.helo=relay.test; spf=pass smtp.mailfrom=a.test", ("pass", "", "")),
        ("mx.box.test; dkim=neutral; dkim=fail", ("", "neutral", "")),
        ("mx.box.test; spf=excellent; dkim=passed; x-dkim=pass", ("", "", "")),
        ("mx.box.test; auth=pass; arc=pass; iprev=pass", ("", "", "")),
        ('mx.box.test; reason="; spf=pass"', ("", "", "")),
        ("mx.box.test; (unclosed spf=pass; dkim=pass", ("", "", "")),
        ('mx.box.test; spf=pass; "unclosed; dkim=pass', ("pass", "pass", "")),
        (r"mx.box.test; (a \) spf=fail;) dmarc=pass", ("", "", "pass")),
        ("", ("", "", "")),
        (";;;===;;(((", ("", "", "")),
    ],
)
def test_what_a_header_says(header: str, said: tuple[str, str, str]) -> None:
    found = judged(header)
    assert found is not None and (found.spf, found.dkim, found.dmarc) == said


def test_only_the_topmost_header_of_the_boxes_own_server_counts() -> None:
    forged = "mx.box.test; spf=pass; dkim=pass; dmarc=pass"
    own = "MX.box.test; spf=fail; dkim=none; dmarc=fail"
    gateway = "gate.own.test; spf=softfail"
    fails = Judgement("mx.box.test", "fail", "none", "fail")

    assert judged(own, forged) == judged(gateway, own, forged, server="mx.box.test") == fails
    assert judged(gateway, own, forged) == Judgement("gate.own.test", "softfail")
    assert judged(gateway, forged, server="other.test") is None
    assert judged() is None


def test_a_server_may_leave_its_name_out() -> None:
    nameless = "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=a.test; dkim=pass;dmarc=pass action=none"
    assert judged(nameless) == judged("gate.own.test; spf=fail", nameless, server="-")
    assert judged(nameless) == Judgement("", "pass", "pass", "pass")


@pytest.mark.parametrize(
    ("headers", "junk"),
    [
        ("X-Spam-Flag: YES", True),
        ("X-Spam-Flag: NO\r\nX-Spam-Flag: YES", False),
        ("X-Spam-Status: Yes, score=7", True),
        ("X-Spam-Status: No, score=1 (Yes)", False),
        ("X-MS-Exchange-Organization-SCL: 9", True),
        ("X-MS-Exchange-Organization-SCL: -1", False),
        ("X-Forefront-Antispam-Report: CIP:192.0.2.1;CTRY:;SCL:5;SFV:SPM", True),
        ("X-Forefront-Antispam-Report: CIP:192.0.2.1;SCL:1;SFV:NSPM", False),
        ("X-Microsoft-Antispam-Mailbox-Delivery: ucf:0;dest:J;", True),
        ("Subject: X-Spam-Flag: YES", False),
    ],
)
def test_what_was_taken_for_junk(headers: str, *, junk: bool) -> None:
    assert read_head(f"{headers}\r\n\r\n".encode()).is_junk is junk


@pytest.mark.parametrize(
    ("signatures", "covers"),
    [
        ([], None),
        (["v=1; d=a.test; h=From:To:List-Unsubscribe:\r\n List-Unsubscribe-Post; b=x"], True),
        (["v=1; h=from:list-unsubscribe; b=x", "v=1; h=List-Unsubscribe : list-unsubscribe-POST"], True),
        (["v=1; h=from:to:subject; b=x"], False),
        (["nonsense"], False),
    ],
)
def test_whether_a_signature_covers_the_opt_out(signatures: list[str], *, covers: bool | None) -> None:
    head = "".join(f"DKIM-Signature: {one}\r\n" for one in signatures)
    assert read_head(f"{head}Subject: x\r\n\r\n".encode()).covers_opt_out is covers


@pytest.mark.parametrize(
    "header",
    [
        "",
        "X-Surveyd-Probe: 7",
        f"X-Surveyd-Probe: 8{TOKEN[1:]}",
        f"X-Surveyd-Probe: {TOKEN}x",
        f"X-Surveyd-Probe: {KEYS.signed('other', '7')}",
        f"X-Surveyd-Probe: {KEYS.signed('probe', '7' * 40)}",
        f"X-Surveyd-Probe: {KEYS.signed('probe', '٧')}",
        f"X-Surveyd-Probe: {TOKEN}\r\nX-Surveyd-Probe: {TOKEN}",
        "X-Surveyd-Probe: \xff\xfe",
        f"Subject: x\r\n\r\nX-Surveyd-Probe: {TOKEN}",
    ],
)
def test_a_token_that_is_not_ours_names_nothing(header: str) -> None:
    assert probe_named(read_head(f"{header}\r\n\r\n".encode()), KEYS) is None


def test_a_genuine_token_names_its_probe() -> None:
    for line_end in ("\r\n", "\n"):
        raw = line_end.join(["From sender Tue Mar 10 09:00:00 2026", f"x-surveyd-PROBE:  {TOKEN} ", "", ""])
        assert says_probe(raw.encode()) and probe_named(read_head(raw.encode()), KEYS) == 7


PROBE = f"X-Surveyd-Probe: {TOKEN}\r\n".encode()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n" * 100_000,
        b"\0" * 100_000,
        PROBE + b"Authentication-Results: " + b"(" * 150_000,
        PROBE + b'Authentication-Results: "' + b'\\"' * 60_000,
        PROBE + b"Authentication-Results: mx;" + b' "x' * 60_000,
        PROBE + b"Authentication-Results: " + b"spf=" * 40_000,
        PROBE + b"Authentication-Results: mx; spf=pass\r\n" * 4_000,
        PROBE + b"A:\r\n" + b" \r\n" * 50_000,
        PROBE + b"DKIM-Signature: h=" + b"x:" * 90_000,
        PROBE + b"Authentication-Results: =?utf-8?b?////?=; spf=\xff\xfe\r\nSubject: =?x?q?=?=\r\n\r\n\xff",
        PROBE
        + b"Content-Type: multipart/mixed; boundary=a\r\n\r\n"
        + b"--a\r\nContent-Type: message/rfc822\r\n\r\n" * 4_000,
    ],
    ids=range(12),
)
def test_whatever_the_bytes_are_it_is_read_soon(raw: bytes) -> None:
    began = time.process_time()
    head = read_head(raw)
    judgement_in(head, "mx.box.test")
    judgement_in(head, "")
    assert says_probe(raw) is raw.startswith(PROBE) and head.is_junk is False
    assert head.covers_opt_out in (None, False)
    assert time.process_time() - began < 5
