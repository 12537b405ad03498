"""What a person has sent, for themselves: to be read in words, and to be corrected where that is allowed.

Reading changes nothing, and so does opening the page of a correction: a person's POST begins it.
"""

from urllib.parse import urlencode

from flask import Response, redirect, request
from markupsafe import escape
from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from surveyd.base.database import reading_rows, writing_rows
from surveyd.base.errors import Refused
from surveyd.base.services import services
from surveyd.base.tokens import token_digest
from surveyd.closed_loop.intake import Office
from surveyd.forms.paths import route_of
from surveyd.forms.said import said_on, spelled
from surveyd.forms.ways_wording import ways_wording
from surveyd.forms.wording import wording
from surveyd.responses.corrections import begin_correction, correction_of, find_sent
from surveyd.responses.drafts import Link, find_link
from surveyd.web.answering import Door, answer, facts_of, forms, show, take
from surveyd.web.beside import after_of, may_correct, takes_changes
from surveyd.web.respond import bp, closed, wrong_link


@bp.get("/s/<token>/answers", endpoint="answers")
def show_answers(token: str) -> AnyResponse:
    """All that was sent, in words; the thanks where the program does not show it."""
    with reading_rows() as rows:
        link = find_link(rows, token_digest(token))
        if link is None:
            return wrong_link()
        if not after_of(link, forms().questionnaire(rows, link)).reads:
            return redirect(f"/s/{token}", 303)
        return Response(_said(rows, link, personal=f"/s/{token}"), mimetype="text/html")


@bp.get("/s/<token>/correct", endpoint="correction")
def show_correction(token: str) -> AnyResponse:
    """The page at which the correction was left off; where none is begun, what was sent."""
    with reading_rows() as rows:
        link = find_link(rows, token_digest(token))
        if link is None:
            return wrong_link()
        if not may_correct(link):
            return redirect(f"/s/{token}", 303)
        if not takes_changes(link):
            return closed(rows, link, door=_door(token))
        begun = correction_of(link)
        if begun is None:
            return redirect(f"/s/{token}/answers", 303)
        return show(rows, begun, door=_door(token), asked=request.args)


@bp.post("/s/<token>/correct", endpoint="correct")
def take_correction(token: str) -> AnyResponse:
    """Begin to correct, or save a page and go on, back, or hand the correction in."""
    try:
        return _take(token)
    except Refused:
        # The survey was closed between two pages.
        with reading_rows() as rows:
            link = find_link(rows, token_digest(token))
            return closed(rows, link, door=_door(token)) if link else wrong_link()


def _take(token: str) -> AnyResponse:
    door, now = _door(token), services().clock.now()
    office = Office(services().keys, services().config.mail_domain)
    # Read before the transaction begins, and who is turned away as well: on SQLite others wait for it.
    sent, taken = request.form, None
    with reading_rows() as rows:
        away = _turned_away(rows, token)
    if away is not None:
        return away
    with writing_rows() as rows:
        link = find_link(rows, token_digest(token))
        if link is None or not link.takes_changes(now):
            raise Refused("The survey was closed meanwhile.")
        begun = begin_correction(rows, link, channel=door.channel, now=now)
        if "page" in sent:
            taken = take(rows, begun, door=door, sent=sent, now=now, office=office)
    if taken is None:
        return redirect(f"{door.action}?{urlencode({'lang': sent.get('lang', '')})}", 303)
    return answer(taken, door=door)


def _turned_away(rows: Connection, token: str) -> AnyResponse | None:
    """What somebody gets who has nothing to correct, or cannot any more; None for whom a page is taken."""
    link = find_link(rows, token_digest(token))
    if link is None:
        return wrong_link()
    if not may_correct(link):
        return redirect(f"/s/{token}", 303)
    return None if takes_changes(link) else closed(rows, link, door=_door(token))


def _door(token: str) -> Door:
    return Door(f"/s/{token}/correct", personal=f"/s/{token}")


def _said(rows: Connection, link: Link, *, personal: str) -> str:
    sent = find_sent(rows, link)
    questionnaire = forms().questionnaire(rows, sent.link)
    language = questionnaire.language(request.args.get("lang"), link.language)
    route = route_of(questionnaire, sent.link.answers, facts_of(sent.link, Door("")))
    names = {"company": link.company, "contact": link.contact, "account": link.account}
    template = forms().environment.get_template("respond/said.html")
    return template.render(
        slot={"company": escape(link.company)}.__getitem__,
        words=wording(language),
        ways=ways_wording(language),
        language=language,
        languages=[(code, wording(code).name) for code in questionnaire.languages],
        day=spelled(sent.day, language),
        receipt=link.receipt,
        pages=said_on(route, language, names=names),
        after=after_of(link, questionnaire),
        personal=personal,
    )
