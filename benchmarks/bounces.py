"""How well returned mail is understood: the figures of a folder of mails that carry a verdict each.

    python -m benchmarks.bounces FOLDER

FOLDER holds `labels.json` ({"mails": {"name.eml": {"verdict": "hard", "recipients": [...]}}}) and the mails
in `mails/`. Each is taken in as a mail server hands it over, about mails of ours to its recipients, whose
signed return path it came to, in a fresh installation on SQLite; what it changed is read from the ledger and
taken back. Then every mail is taken in cut and garbled, which must raise nothing, and without a return path,
which must change nothing.
"""

import argparse
import json
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.app import create_app
from surveyd.base.config import load_config
from surveyd.base.database import begin_writing, forget_connections
from surveyd.base.migrations import upgrade
from surveyd.base.tokens import Keys
from surveyd.distribution.bounces import read_bounce
from surveyd.distribution.models import Message, MessageState, Suppression
from surveyd.distribution.outbox import NewMessage, queue
from surveyd.distribution.return_models import Door, Return
from surveyd.distribution.returns import Taken, take_return
from surveyd.people.models import Account, Contact

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
DOMAIN = "mail.surveyd.test"
JUDGED = ("hard", "soft", "complaint", "optout", "autoreply", "auth-report")
GARBLED = 8
HARD_FOUND, SOFT_TAKEN = 0.90, 0.05


@dataclass
class Figures:
    """What became of the mails."""

    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    suppressed: Counter[str] = field(default_factory=Counter)
    people: Counter[str] = field(default_factory=Counter)
    crashes: int = 0
    lost: int = 0
    waiting: int = 0
    replies: int = 0
    believed_unsigned: int = 0

    def share(self, label: str, kind: str) -> float:
        """Of the mails with this label, how many were read as `kind`."""
        whole = sum(count for (one, _), count in self.verdicts.items() if one == label)
        return self.verdicts[label, kind] / whole if whole else 0.0


def main() -> None:
    """Read the folder and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))["mails"]
    figures = Figures()
    with fresh() as keys:
        for name, label in labels.items():
            raw = (folder / "mails" / name).read_bytes()
            judge(figures, raw, label["verdict"], label["recipients"] or ["somebody@customer.test"], keys)
            garble(figures, raw, keys, seed=name)
    print(told(figures, len(labels)))


@contextmanager
def fresh() -> Iterator[Keys]:
    """An installation of its own, gone afterwards; gives its keys."""
    with tempfile.TemporaryDirectory() as data:
        app = create_app(load_config({}, data=data, env="test", secret_key="k" * 40))
        with app.app_context():
            upgrade()
            yield load_config({}, data=data, env="test", secret_key="k" * 40).keys
            forget_connections()


def judge(figures: Figures, raw: bytes, verdict: str, recipients: Sequence[str], keys: Keys) -> None:
    """Take one mail in about a mail of ours to each recipient, note what it changed, and take it back."""
    session = begin_writing()
    try:
        sent = send(session, recipients)
        mails = session.scalar(select(func.count()).select_from(Message))
        taken = [take(session, raw, message, keys) for message in sent]
        figures.verdicts[verdict, taken[0].kind.value] += 1
        stopped = set(session.scalars(select(Suppression.address)))
        stopped |= {
            contact.email for contact in session.scalars(select(Contact)) if contact.opted_out_at is not None
        }
        figures.suppressed[verdict] += len(stopped & {one.recipient for one in sent})
        figures.people[verdict] += len(sent)
        figures.replies += (session.scalar(select(func.count()).select_from(Message)) or 0) - (mails or 0)
        kept = session.scalars(select(Return)).all()
        figures.lost += len(sent) - len(kept)
        figures.lost += sum(one.state == "waiting" and one.content != raw for one in kept)
        figures.waiting += kept[0].state == "waiting"
        unsigned = take_return(session, raw, keys=keys, door=Door.PIPE, now=NOW)
        figures.believed_unsigned += unsigned.effect
    except Exception as error:  # that is one of the figures
        figures.crashes += 1
        print(f"  {verdict}: {type(error).__name__}: {error}")
    finally:
        session.rollback()
        session.close()


def take(session: Session, raw: bytes, message: Message, keys: Keys) -> Taken:
    """Hand a mail over as a mail server does that says where it came to."""
    to = keys.return_path(message.id, DOMAIN)
    return take_return(session, raw, keys=keys, door=Door.PIPE, envelope_to=to, now=NOW)


def send(session: Session, recipients: Sequence[str]) -> list[Message]:
    """Mails of ours to these addresses, each of a contact of its own, as if they had gone out."""
    account = Account(external_id="A", name="A", created_at=NOW, updated_at=NOW)
    session.add(account)
    session.flush()
    addresses = list(dict.fromkeys(one.lower() for one in recipients))
    for at, address in enumerate(addresses):
        contact = Contact(
            external_id=f"C{at}",
            account_id=account.id,
            name=f"C{at}",
            email=address,
            created_at=NOW,
            updated_at=NOW,
        )
        session.add(contact)
        session.flush()
        mail = NewMessage(
            dedup_key=f"m{at}",
            name="invitation",
            language="en",
            recipient=address,
            contact_id=contact.id,
            due_at=NOW,
            created_at=NOW,
        )
        queue(session, [mail], mail_domain=DOMAIN)
    sent = list(session.scalars(select(Message).order_by(Message.id)))
    for one in sent:
        one.state, one.sent_at = MessageState.SENT, NOW
    session.flush()
    return sent


def garble(figures: Figures, raw: bytes, keys: Keys, *, seed: str) -> None:
    """Read a mail cut and with bytes turned over, some times: it must never raise."""
    noise = random.Random(seed)
    for _ in range(GARBLED):
        some = bytearray(raw[: noise.randrange(len(raw) + 1)])
        for _ in range(len(some) // 40):
            some[noise.randrange(len(some))] = noise.randrange(256)
        try:
            read_bounce(bytes(some), keys)
        except Exception:
            figures.crashes += 1


def told(figures: Figures, mails: int) -> str:
    """The figures as text, each beside what is promised."""
    hard, wrong = figures.share("hard", "hard"), figures.share("soft", "hard")
    complained = figures.suppressed["complaint"] + figures.suppressed["optout"]
    complaints = figures.people["complaint"] + figures.people["optout"]
    others = figures.suppressed["autoreply"] + figures.suppressed["auth-report"]
    lines = [
        f"{mails} mails, and each {GARBLED} times garbled",
        _line("hard found", f"{hard:.1%}", hard >= HARD_FOUND, "at least 90 %"),
        _line("soft taken as hard", f"{wrong:.1%}", wrong <= SOFT_TAKEN, "at most 5 %"),
        _line("complaints suppressed", f"{complained} of {complaints}", complained == complaints, "all"),
        _line("vacation and non-bounces suppressed", str(others), not others, "0"),
        _line(
            "believed without a signature", str(figures.believed_unsigned), not figures.believed_unsigned, "0"
        ),
        _line("mails lost", str(figures.lost), not figures.lost, "0"),
        _line("replies", str(figures.replies), not figures.replies, "0"),
        _line("crashes", str(figures.crashes), not figures.crashes, "0"),
        f"not understood, kept for a person: {figures.waiting}",
        "",
        "read as, by label:",
    ]
    for label in sorted({one for one, _ in figures.verdicts}):
        kinds = {kind: count for (one, kind), count in sorted(figures.verdicts.items()) if one == label}
        mark = "" if label in JUDGED else " (not judged)"
        lines.append(f"  {label}{mark}: " + ", ".join(f"{kind} {count}" for kind, count in kinds.items()))
    return "\n".join(lines)


def _line(name: str, value: str, holds: bool, promise: str) -> str:
    return f"{name:<38}{value:>12}   {'holds' if holds else 'DOES NOT HOLD'} ({promise})"


if __name__ == "__main__":
    main()
