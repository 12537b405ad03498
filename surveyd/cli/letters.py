"""`surveyd letter`: write, preview, approve, send, status."""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy.orm import Session

from surveyd.base.database import reading, writing
from surveyd.base.errors import BadFile, Fault, NotFound
from surveyd.cli.house import as_json, house, print_json
from surveyd.closed_loop import letters
from surveyd.closed_loop.jobs import SEND_LETTER
from surveyd.closed_loop.letter_files import read_letter
from surveyd.closed_loop.letter_preview import find_contact
from surveyd.closed_loop.letter_preview import preview as preview_of
from surveyd.closed_loop.letter_reach import LEFT_OUT, reach_of
from surveyd.closed_loop.letter_status import WORDS, LetterStatus, status_of
from surveyd.closed_loop.letter_texts import Variant
from surveyd.closed_loop.models import Audience
from surveyd.distribution.mails import LANGUAGES
from surveyd.distribution.models import Wave
from surveyd.distribution.waves import find_wave
from surveyd.people.access import SYSTEM
from surveyd.people.users import find_user

A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
AUDIENCES = click.Choice([one.value for one in Audience])


@dataclass(frozen=True, slots=True)
class Words:
    """What of one text is to be said otherwise; what is empty stays as it is."""

    audience: Audience
    language: str
    subject: str
    paragraphs: tuple[str, ...]
    signature: str

    @property
    def any(self) -> bool:
        return bool(self.subject or self.paragraphs or self.signature)

    def over(self, text: Variant) -> Variant:
        """The text with these words in it."""
        return Variant(
            self.audience,
            self.language,
            self.subject or text.subject,
            self.paragraphs or text.paragraphs,
            self.signature or text.signature,
        )


@click.group()
def letter() -> None:
    """The letter of a wave: what was heard, what has changed, what will."""


@letter.command()
@click.argument("wave")
@click.option("--file", "path", type=A_FILE, metavar="FILE", help="The whole letter, as YAML.")
@click.option("--subject", default="", help="Change the subject of one text.")
@click.option("--paragraph", "paragraphs", multiple=True, help="Change its paragraphs; once for each.")
@click.option("--signature", default="", help="Change its signature.")
@click.option("--for", "audience", type=AUDIENCES, default="default", show_default=True, help="Whose text.")
@click.option("--language", type=click.Choice(list(LANGUAGES)), default="en", show_default=True)
@click.option("--action", "action_ids", type=int, multiple=True, help="Tell of this action; once for each.")
@as_json
def write(  # noqa: PLR0917  # click hands each option over by name
    wave: str,
    path: Path | None,
    subject: str,
    paragraphs: tuple[str, ...],
    signature: str,
    audience: str,
    language: str,
    action_ids: tuple[int, ...],
    as_json: bool,
) -> None:
    """Write the letter of WAVE. Without any option: a draft with good default texts.

    A file makes the whole letter. The other options change one text, or the actions, and keep the rest.
    """
    words = Words(Audience(audience), language, subject, paragraphs, signature)
    if path and (words.any or action_ids):
        raise click.UsageError("A file makes the whole letter; leave the other options out.")
    with house() as services, writing() as session:
        found, now = find_wave(session, wave), services.clock.now()
        if path:
            read = read_letter(_text_of(path), path.name)
            letters.write_letter(session, found, read.variants, action_ids=read.action_ids, by=None, now=now)
        elif words.any or action_ids:
            _change(session, found, words, action_ids, now=now)
        else:
            letters.begin_letter(session, found, by=None, now=now)
        shown = status_of(session, letters.find_letter(session, found))
    if as_json:
        print_json(_plain(wave, shown))
    else:
        click.echo(f"{_said(wave, shown)} Next: surveyd letter preview {wave} --contact ID")


def _change(
    session: Session, wave: Wave, words: Words, action_ids: tuple[int, ...], *, now: datetime
) -> None:
    letter = letters.find_letter(session, wave)
    if words.any:
        text = letters.text_of(session, letter, audience=words.audience, language=words.language)
        letters.write_text(session, letter, words.over(text), by=None, now=now)
    if action_ids:
        letters.choose_actions(session, letter, action_ids, by=None, now=now)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile([Fault(path.name, 1, "", "this cannot be read as UTF-8 text")]) from error


@letter.command()
@click.argument("wave")
@click.option("--contact", required=True, metavar="ID", help="Somebody whom the wave asked.")
@click.option("--html", "kind", flag_value="html", help="The HTML part alone.")
@click.option("--text", "kind", flag_value="text", default="text", help="Subject and text (the default).")
@as_json
def preview(wave: str, contact: str, kind: str, as_json: bool) -> None:
    """The letter of WAVE as one person would get it; nothing is sent."""
    with house() as services, reading() as session:
        found = letters.find_letter(session, find_wave(session, wave))
        contact_id = find_contact(session, found, contact, scope=SYSTEM)
        shown = preview_of(
            session,
            found,
            contact_id,
            scope=SYSTEM,
            now=services.clock.now(),
            base_url=services.config.base_url,
        )
    words = shown.words
    if as_json:
        print_json({"subject": words.subject, "text": words.text, "html": words.html, **asdict(shown.reader)})
    elif kind == "html":
        click.echo(words.html)
    else:
        click.echo(f"Subject: {words.subject}\n\n{words.text}")


@letter.command()
@click.argument("wave")
@click.option("--by", "email", required=True, metavar="EMAIL", help="The executive who approves it.")
def approve(wave: str, email: str) -> None:
    """Approve the letter of WAVE as it stands, in the name of an executive."""
    with house() as services, writing() as session:
        found = letters.find_letter(session, find_wave(session, wave))
        user = find_user(session, email)
        if user is None:
            raise NotFound("user", email)
        letters.approve(session, found, by=user, now=services.clock.now())
    click.echo(f"The letter of {wave} is approved. Next: surveyd letter send {wave} --yes")


@letter.command()
@click.argument("wave")
@click.option("--yes", is_flag=True, help="Send; without it you see what would happen.")
@click.option("--non-respondents", is_flag=True, help="Once it is closed: also to those who did not answer.")
@as_json
def send(wave: str, yes: bool, non_respondents: bool, as_json: bool) -> None:
    """Send the letter of WAVE to everybody who answered. Nobody gets it twice."""
    with house() as services:
        with reading() as session:
            found = find_wave(session, wave)
            letters.find_letter(session, found)
            if non_respondents:
                letters.require_closed(found)
            reach = reach_of(session, found.id)
        count = reach.answered_to_come + (reach.silent_to_come if non_respondents else 0)
        if not yes:
            raise click.UsageError(f"This would send {count} letters; add --yes to send them.")
        with writing() as session:
            made = letters.find_letter(session, find_wave(session, wave))
            letters.send(session, made, to_silent=non_respondents, by=None, now=services.clock.now())
            letter_id = made.id
        rung = services.bell.ring(SEND_LETTER, letter_id)
    if as_json:
        print_json({"wave": wave, "letters": count, "queue": rung})
        return
    click.echo(f"The letter of {wave} goes to {count} people, each inside their send window.")
    if not rung:
        click.echo("The queue does not answer; the schedule process takes the letter up by itself.")


@letter.command()
@click.argument("wave")
@as_json
def status(wave: str, as_json: bool) -> None:
    """How far the letter of WAVE is, in numbers."""
    with house(), reading() as session:
        found = find_wave(session, wave)
        shown = status_of(session, letters.find_letter(session, found))
    if as_json:
        print_json(_plain(wave, shown))
        return
    click.echo(_said(wave, shown))
    reach = shown.reach
    click.echo(f"{reach.answered} who answered and {reach.silent} who did not can be written to.")
    for rule, count in sorted(reach.left_out.items()):
        click.echo(f"  {count:>7}  who answered left out: {LEFT_OUT[rule]}")
    for state, count in sorted(shown.progress.states.items()):
        click.echo(f"  {count:>7}  letters {state}")
    for paper in shown.progress.failed_papers:
        click.echo(f"  {paper.letters:>7}  wait for paper {paper.id} ({paper.account}): {paper.reason}")


def _said(wave: str, shown: LetterStatus) -> str:
    by = f" by {shown.approved_by}" if shown.approved_by else ""
    return f"The letter of {wave} is {WORDS[shown.state]}{by}."


def _plain(wave: str, shown: LetterStatus) -> dict[str, object]:
    facts = ("state", "digest", "approved_at", "approved_by", "begun_at", "sent_at", "to_silent")
    texts = [
        {"for": text.audience, "language": text.language, "subject": text.subject}
        for text in shown.content.variants
    ]
    return {
        "wave": wave,
        **{name: getattr(shown, name) for name in facts},
        "texts": texts,
        "actions": shown.action_ids,
        "reach": shown.reach,
        "letters": shown.progress.states,
        "awaiting_paper": shown.progress.awaiting,
        "failed_papers": shown.progress.failed_papers,
    }
