"""DKIM (RFC 6376): whether the key is there with which the relay signs, and whether receivers take it."""

import base64
import binascii
from collections.abc import Sequence

from surveyd.distribution.launching.findings import Finding, green, red, yellow
from surveyd.distribution.launching.names import Names
from surveyd.distribution.launching.tags import read_tags

LEAST_BITS = 1024
ED25519_BYTES = 32
USUAL_SELECTORS = (
    "surveyd", "default", "mail", "dkim", "smtp", "s1", "s2", "selector1", "selector2", "google", "k1", "k2",
)  # fmt: skip
"""Where a key is looked for that nobody named."""
SEQUENCE, INTEGER, BITS = 0x30, 0x02, 0x03


def check_dkim(names: Names, domains: Sequence[str], selectors: Sequence[str]) -> tuple[str, list[Finding]]:
    """The domain that signs, of several that may, and what its keys are; empty when there is none.

    Without `selectors` some usual ones are tried, and what is found there is taken. Raises Unanswered.
    """
    for domain in domains:
        there = {one: _records(names, one, domain) for one in selectors or USUAL_SELECTORS}
        found = {selector: texts for selector, texts in there.items() if texts}
        if not found:
            continue
        missing = [red("dkim_missing", _place(one, domain)) for one in selectors if one not in found]
        return domain, missing + [_key(_place(one, domain), texts) for one, texts in found.items()]
    if selectors:
        return "", [red("dkim_missing", _place(one, domains[0])) for one in selectors]
    return "", [red("dkim_not_found", domains[0])]


def _records(names: Names, selector: str, domain: str) -> tuple[str, ...]:
    return names.texts(_place(selector, domain))


def _place(selector: str, domain: str) -> str:
    return f"{selector}._domainkey.{domain}"


def _key(place: str, texts: Sequence[str]) -> Finding:
    if len(texts) > 1:
        return red("dkim_twice", place, records=len(texts))
    tags = read_tags(texts[0])
    if tags is None or "p" not in tags or tags.get("v", "DKIM1") != "DKIM1":
        return red("dkim_broken", place)
    if not tags["p"]:
        return red("dkim_revoked", place)
    if _refuses_mail(tags.get("s", "*")) or _refuses_sha256(tags.get("h", "sha256")):
        return red("dkim_other_use", place)
    try:
        key = base64.b64decode("".join(tags["p"].split()), validate=True)
        kind = tags.get("k", "rsa").lower()
        if kind == "ed25519":
            return (
                green("dkim_good", place, bits=256)
                if len(key) == ED25519_BYTES
                else red("dkim_broken", place)
            )
        bits = rsa_bits(key) if kind == "rsa" else 0
    except (binascii.Error, ValueError, IndexError):
        return red("dkim_broken", place)
    return _length(place, bits, is_tested="y" in tags.get("t", "").split(":"))


def _length(place: str, bits: int, *, is_tested: bool) -> Finding:
    if not bits:
        return red("dkim_broken", place)
    if bits < LEAST_BITS:
        return red("dkim_short", place, bits=bits, least=LEAST_BITS)
    if is_tested:
        return yellow("dkim_tested", place)
    return green("dkim_good", place, bits=bits)


def _refuses_mail(services: str) -> bool:
    return not {"*", "email"} & {one.strip().lower() for one in services.split(":")}


def _refuses_sha256(hashes: str) -> bool:
    return "sha256" not in [one.strip().lower() for one in hashes.split(":")]


def rsa_bits(key: bytes) -> int:
    """How long an RSA key is, in bits, bare or in its usual wrapping; raises ValueError when it is none."""
    body = _content(key, SEQUENCE)
    if body[0] == SEQUENCE:
        wrapping = _content(body, SEQUENCE)
        bits = _content(body[len(wrapping) + _head(body) :], BITS)
        body = _content(bits[1:], SEQUENCE)
    return int.from_bytes(_content(body, INTEGER), "big").bit_length()


def _content(data: bytes, kind: int) -> bytes:
    start, length = _head(data), _length_of(data)
    if data[0] != kind or len(data) < start + length:
        raise ValueError("this is no key")
    return data[start : start + length]


def _head(data: bytes) -> int:
    return 2 + (data[1] & 0x7F if data[1] & 0x80 else 0)


def _length_of(data: bytes) -> int:
    return int.from_bytes(data[2 : _head(data)], "big") if data[1] & 0x80 else data[1]
