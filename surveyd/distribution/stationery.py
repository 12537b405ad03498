"""On what a mail to a contact is written: chosen when it is queued, and found again each time it is written.

A queued mail names the versions of its words and its letterhead, and its account manager where the program
wants that. None of it changes any more: a mail is the same bytes each time, however often it is tried.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, undefer

from surveyd.base.database import Rows, reading
from surveyd.base.prepared import Prepared
from surveyd.base.statements import table_of
from surveyd.distribution.letterheads import is_address
from surveyd.distribution.mail_fields import BLANK, PLAIN, Letterheading, Stationery, Template
from surveyd.distribution.mail_templates import candidates
from surveyd.distribution.mails import LANGUAGES, Links, Words, render, spoken
from surveyd.distribution.models import Program
from surveyd.distribution.template_models import Letterhead, MailTemplate, TemplateKind
from surveyd.people.models import Account, Contact, User

TEMPLATE, LETTERHEAD = "template", "letterhead"
FROM_NAME, REPLY_TO = "from_name", "reply_to"
"""What a context names besides the facts of its mail."""
TEST, TESTED, TYPED, MARK = "test", "tests", "typed", "[Test]"
"""The mail that shows another one to us: which one, and its words if they are no version."""
PROBE = "probe"
"""The mail that shows receivers another one, to a mailbox of ours: as it would come, and nobody's."""
WAY_OUT = "way_out"
"""The path that stands in a test where others have their opt-out: it opts nobody out."""
SIGNED_OTHERWISE = frozenset({"letter"})
"""Mails that somebody signs in person: the account manager does not send them."""
MOST_KEPT = 256

_program, _head, _words = table_of(Program), table_of(Letterhead), table_of(MailTemplate)
_contact, _account, _user = table_of(Contact), table_of(Account), table_of(User)
_of, _mail, _language = (
    bindparam("program_id", type_=_program.c.id.type),
    bindparam("mail", type_=_words.c.mail.type),
    bindparam("language", type_=_words.c.language.type),
)
_other_head, _other_words = _head.alias(), _words.alias()
_newest_head = select(func.max(_other_head.c.number)).where(_other_head.c.program_id == _of).scalar_subquery()
_newest_words = (
    select(func.max(_other_words.c.number))
    .where(
        _other_words.c.program_id == _of,
        _other_words.c.mail == _mail,
        _other_words.c.language == _language,
    )
    .scalar_subquery()
)
CHOSEN = Prepared(
    select(
        _head.c.id.label("head"),
        _head.c.manager_sends,
        _head.c.manager_replies,
        _words.c.id.label("words"),
        _words.c.kind,
    )
    .select_from(_program)
    .outerjoin(_head, (_head.c.program_id == _program.c.id) & (_head.c.number == _newest_head))
    .outerjoin(
        _words,
        (_words.c.program_id == _program.c.id)
        & (_words.c.mail == _mail)
        & (_words.c.language == _language)
        & (_words.c.number == _newest_words),
    )
    .where(_program.c.id == _of)
)


class ToQueue(Protocol):
    """What of a mail decides on what it is written."""

    @property
    def name(self) -> str: ...

    @property
    def language(self) -> str: ...

    @property
    def context(self) -> dict[str, Any]: ...

    @property
    def program_id(self) -> int | None: ...

    @property
    def contact_id(self) -> int | None: ...


Chosen = Mapping[str, Any]


def contexts(rows: Rows, messages: Sequence[ToQueue]) -> list[dict[str, Any]]:
    """The context of each of these mails, with the versions that hold now; mails to staff are left alone."""
    known: dict[tuple[int, str, str], Chosen] = {}
    for message in messages:
        if message.contact_id is not None and message.program_id is not None:
            key = (message.program_id, message.name, message.language)
            if key not in known:
                known[key] = _choose(rows, *key)
    if not any(known.values()):
        return [message.context for message in messages]
    managers = _managers(rows, messages, known)
    return [_context(message, known, managers) for message in messages]


def _choose(rows: Rows, program_id: int, mail: str, language: str) -> Chosen:
    found: dict[str, Any] = {}
    for code in candidates(language):
        row = CHOSEN.first(rows, {"program_id": program_id, "mail": mail, "language": code})
        if row is None:
            return found
        if row.head is not None:
            found[LETTERHEAD] = row.head
            by_manager = mail not in SIGNED_OTHERWISE
            found |= {FROM_NAME: True} if row.manager_sends and by_manager else {}
            found |= {REPLY_TO: True} if row.manager_replies and by_manager else {}
        has_words = row.words is not None and row.kind is not TemplateKind.SHIPPED
        if has_words:
            found[TEMPLATE] = row.words
        if has_words or code in LANGUAGES:
            return found
    return found


def _managers(
    rows: Rows, messages: Sequence[ToQueue], known: Mapping[tuple[int, str, str], Chosen]
) -> dict[int, tuple[str, str]]:
    """Name and address of the active account manager by contact, for programs that want them."""
    wanted = {key for key, chosen in known.items() if FROM_NAME in chosen or REPLY_TO in chosen}
    ids = [one.contact_id for one in messages if (one.program_id, one.name, one.language) in wanted]
    if not ids:
        return {}
    query = (
        select(_contact.c.id, _user.c.name, _user.c.email)
        .join(_account, _account.c.id == _contact.c.account_id)
        .join(_user, (_user.c.id == _account.c.manager_id) & _user.c.active)
        .where(_contact.c.id.in_(ids))
    )
    return {row.id: (row.name, row.email) for row in rows.execute(query)}


def _context(
    message: ToQueue,
    known: Mapping[tuple[int, str, str], Chosen],
    managers: Mapping[int, tuple[str, str]],
) -> dict[str, Any]:
    if message.contact_id is None or message.program_id is None:
        return message.context
    chosen = known[message.program_id, message.name, message.language]
    context = message.context | {key: chosen[key] for key in (TEMPLATE, LETTERHEAD) if key in chosen}
    name, address = managers.get(message.contact_id, ("", ""))
    if FROM_NAME in chosen and name.strip():
        context |= {FROM_NAME: name, "sender_name": name}
    if REPLY_TO in chosen and is_address(address):
        context |= {REPLY_TO: address}
    return context


def words_of(
    name: str, language: str, context: Mapping[str, Any], links: Links, stationery: Stationery
) -> Words:
    """The words of a row of the outbox; a test is the mail that it tests, and says so in its subject."""
    if name not in (TEST, PROBE):
        return render(name, language, dict(context), links, stationery)
    facts = {key: value for key, value in context.items() if key != TYPED}
    words = render(str(context[TESTED]), language, facts, links, stationery)
    return replace(words, subject=f"{MARK} {words.subject}") if name == TEST else words


class Drawer:
    """Words and letterheads by version, kept once they were read: a version never changes."""

    def __init__(self) -> None:
        self._words: dict[int, Template] = {}
        self._heads: dict[int, Letterheading] = {}

    def stationery(self, context: Mapping[str, Any]) -> Stationery:
        """On what the mail with this context is written; reads the database for what is not known yet."""
        words, head = context.get(TEMPLATE), context.get(LETTERHEAD)
        if words is None and head is None and TYPED not in context:
            return PLAIN
        if words not in {None, *self._words} or head not in {None, *self._heads}:
            with reading() as session:
                self.learn(session, [context])
        typed = Template(0, *context[TYPED]) if TYPED in context else None
        return Stationery(typed or self._words.get(words or 0), self._heads.get(head or 0, BLANK))

    def learn(self, session: Session, many: Iterable[Mapping[str, Any]]) -> None:
        """Read what mails with these contexts are written on."""
        if len(self._words) + len(self._heads) > MOST_KEPT:
            self._words.clear()
            self._heads.clear()
        found = [*many]
        for row in session.scalars(
            select(MailTemplate)
            .options(undefer(MailTemplate.html))
            .where(MailTemplate.id.in_([one[TEMPLATE] for one in found if one.get(TEMPLATE) is not None]))
        ):
            self._words[row.id] = Template(row.id, spoken(row.language), row.subject, row.text, row.html)
        ids = [one[LETTERHEAD] for one in found if one.get(LETTERHEAD) is not None]
        for head in session.scalars(select(Letterhead).where(Letterhead.id.in_(ids))):
            self._heads[head.id] = Letterheading(head.postal_address, tuple(sorted(head.legal.items())))
