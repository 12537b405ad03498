"""DMARC (RFC 9989): the policy of the sender's domain, and whether what signs and returns belongs to it.

Which domains belong to one organisation is found by walking up the tree of names, not by a list of public
suffixes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from surveyd.distribution.launching.findings import Finding, green, red
from surveyd.distribution.launching.names import Names
from surveyd.distribution.launching.tags import read_tags

POLICIES = ("none", "quarantine", "reject")
LONGEST_WALK = 8
"""A name with so many labels or more is cut to one fewer at the second step."""
STRICT = "s"


@dataclass(frozen=True, slots=True)
class Policy:
    """A record that can be read: where it stands and what it says."""

    domain: str
    tags: dict[str, str]

    @property
    def is_suffix(self) -> bool:
        return self.tags.get("psd", "u").lower() == "y"

    @property
    def is_end(self) -> bool:
        return self.tags.get("psd", "u").lower() == "n"


class Unusable(Exception):
    """A record that receivers pass over; `finding` says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


def check_dmarc(names: Names, sender: str, *, signer: str, returns: str) -> list[Finding]:
    """Whether the `sender`'s domain has a policy, and whether `signer` and `returns` are aligned with it.

    `signer` is the domain that signs, empty when it is not known; `returns` that of the return path. Raises
    Unanswered.
    """
    try:
        policy = policy_of(names, sender)
    except Unusable as error:
        return [error.finding]
    if policy is None:
        return [red("dmarc_missing", sender)]
    found = []
    if signer and not _is_aligned(names, sender, signer, strict=policy.tags.get("adkim", "r") == STRICT):
        found.append(red("dkim_not_aligned", sender, other=signer))
    if not _is_aligned(names, sender, returns, strict=policy.tags.get("aspf", "r") == STRICT):
        found.append(red("return_not_aligned", sender, other=returns))
    return found or [green("dmarc_good", sender, policy=policy.tags["p"].lower())]


def policy_of(names: Names, domain: str) -> Policy | None:
    """The policy that holds for a domain: its own, its organisation's, its suffix's. Raises Unusable."""
    own = _record(names, domain)
    if own is None:
        home = organisation(names, domain)
        own = _record(names, home) if home != domain else None
        if own is None:
            # A public suffix may speak for those below it.
            above = _record(names, home.partition(".")[2]) if "." in home else None
            own = above if above is not None and above.is_suffix else None
    if own is not None and own.tags.get("p", "").lower() not in POLICIES:
        raise Unusable(red("dmarc_broken", own.domain, words=f"p={own.tags.get('p', '')}"[:80]))
    return own


def organisation(names: Names, domain: str) -> str:
    """The domain of the organisation that `domain` belongs to: itself where no record says otherwise."""
    highest = domain
    for name in _walk(domain):
        try:
            record = _record(names, name)
        except Unusable:
            continue
        if record is None:
            continue
        if record.is_end:
            return name
        if record.is_suffix and name != domain:
            # One label below it.
            return ".".join(domain.split(".")[-(name.count(".") + 2) :])
        highest = name
    return highest


def _walk(domain: str) -> Iterator[str]:
    labels = domain.split(".")
    yield domain
    rest = labels[1:] if len(labels) < LONGEST_WALK else labels[-(LONGEST_WALK - 1) :]
    while rest:
        yield ".".join(rest)
        rest = rest[1:]


def _record(names: Names, domain: str) -> Policy | None:
    texts = [text for text in names.texts(f"_dmarc.{domain}") if text.lstrip().lower().startswith("v=dmarc")]
    if not texts:
        return None
    if len(texts) > 1:
        raise Unusable(red("dmarc_twice", domain, records=len(texts)))
    tags = read_tags(texts[0])
    if tags is None or tags.get("v") != "DMARC1" or next(iter(tags)) != "v":
        raise Unusable(red("dmarc_broken", domain, words=texts[0][:80]))
    return Policy(domain, tags)


def _is_aligned(names: Names, sender: str, other: str, *, strict: bool) -> bool:
    if sender == other or strict:
        return sender == other
    return organisation(names, sender) == organisation(names, other)
