"""From a row of the outbox to the bytes on the wire."""

from dataclasses import dataclass

from surveyd.base.config import Config
from surveyd.base.mailer import Attachment, Mail, wire_address, write_mail
from surveyd.distribution.claims import Claimed
from surveyd.distribution.mail_fields import PLAIN, Stationery
from surveyd.distribution.mails import Links
from surveyd.distribution.sign_in_mails import LINK
from surveyd.distribution.stationery import FROM_NAME, PROBE, REPLY_TO, TEST, WAY_OUT, words_of

PROBE_HEADER = "X-Surveyd-Probe"
NOBODY = 0
"""The number that no contact has: a link with it opens the page and knows nobody."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the relay gets: the signed return path, the recipient, the mail."""

    sender: str
    recipient: str
    mail: bytes


def write_envelope(
    message: Claimed, config: Config, attachment: Attachment | None = None, stationery: Stationery = PLAIN
) -> Envelope:
    """The mail of one row, the same bytes each time it is written.

    Each mail to a contact carries one-click opt-out (RFC 8058). A copy that may be the second says so.
    """
    links = _links(message, config)
    words = words_of(message.name, message.language, message.context, links, stationery)
    mail = Mail(
        sender=message.sender or f"surveyd@{config.mail_domain}",
        sender_name=message.context.get(FROM_NAME) or message.sender_name or "surveyd",
        recipient=message.recipient,
        recipient_name=message.recipient_name,
        reply_to=message.context.get(REPLY_TO) or message.reply_to or "",
        subject=words.subject,
        text=words.text_pieces,
        html=words.html_pieces,
        message_id=message.message_id,
        date=message.created_at,
        headers=_headers(message, links, config),
        attachment=attachment,
    )
    return Envelope(
        sender=config.keys.return_path(message.id, config.mail_domain),
        recipient=wire_address(message.recipient),
        mail=write_mail(mail),
    )


def _links(message: Claimed, config: Config) -> Links:
    if message.name == TEST:
        page = _page(message, config)
        return Links(survey=page, opt_out=f"{config.base_url}{message.context[WAY_OUT]}", page=page)
    if message.name == PROBE:
        page, nobody = _page(message, config), config.keys.opt_out_token(NOBODY, NOBODY)
        return Links(survey=page, opt_out=f"{config.base_url}/u/{nobody}", page=page)
    survey = opt_out = ""
    if message.invitation_id is not None:
        token = config.keys.survey_token(message.invitation_id, message.token_digest)
        survey = f"{config.base_url}/s/{token}"
    if message.contact_id is not None:
        opt_out = (
            f"{config.base_url}/u/{config.keys.opt_out_token(message.contact_id, message.invitation_id or 0)}"
        )
    return Links(survey=survey, opt_out=opt_out, page=_page(message, config))


def _page(message: Claimed, config: Config) -> str:
    if LINK in message.context:
        return f"{config.base_url}/p/{config.keys.sign_in_token(message.context[LINK])}"
    return f"{config.base_url}{message.context['path']}" if "path" in message.context else ""


def _headers(message: Claimed, links: Links, config: Config) -> dict[str, str]:
    headers = {}
    if links.opt_out and message.name != TEST:
        headers["List-Unsubscribe"] = f"<{links.opt_out}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if message.name == PROBE:
        headers[PROBE_HEADER] = config.keys.signed(PROBE, str(message.context[PROBE]))
    if message.copies:
        headers["X-Surveyd-Copy"] = str(message.copies + 1)
    return headers
