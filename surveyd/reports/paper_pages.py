"""What each kind of paper shows: the row that was claimed becomes HTML."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from surveyd.base.clock import zone_named
from surveyd.distribution.paper_models import PaperKind
from surveyd.distribution.paper_orders import changes_in, has_money
from surveyd.distribution.papers import ClaimedPaper
from surveyd.people.access import SYSTEM, Scope, scope_of
from surveyd.people.models import User
from surveyd.reports.account_paper import account_paper
from surveyd.reports.account_words import account_words
from surveyd.reports.paper_words import draw_paper, language_of, paper_size
from surveyd.reports.quick_view import QuickView, quick_view
from surveyd.reports.summary import Summary, wave_summary

US = "en"


@dataclass(frozen=True, slots=True)
class ResponsePaper:
    """The quick view on paper, as its reader may see it."""

    company: str
    view: QuickView
    reader: str
    zone: ZoneInfo
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asked for a paper: what they may see, and by which clock they live."""

    name: str
    scope: Scope
    zone: ZoneInfo


def draw(session: Session, paper: ClaimedPaper, *, now: datetime) -> str:
    """The HTML of a claimed paper. Raises NotFound when its subject is gone or not the asker's to see."""
    return DRAWERS[paper.kind](session, paper, now)


def _response(session: Session, paper: ClaimedPaper, now: datetime) -> str:
    asker = _asker(session, paper.asked_by_id)
    view = quick_view(session, paper.response_id or 0, scope=asker.scope)
    page = ResponsePaper(
        company=view.company,
        view=view,
        reader=asker.name,
        zone=asker.zone,
        made_at=now,
    )
    return draw_paper("response", US, page=page, size=paper_size(""))


def _account(session: Session, paper: ClaimedPaper, now: datetime) -> str:
    changes = changes_in(paper.facts)
    page = account_paper(session, paper.wave_id or 0, paper.account_id or 0, changes=changes)
    language = language_of(paper.language)
    words = account_words(language)
    return draw_paper("account", language, page=page, words=words, size=paper_size(page.country))


def draw_summary(page: Summary) -> str:
    """The HTML of a summary's PDF, in the program's time zone."""
    return draw_paper("summary", US, page=page, zone=zone_named(page.time_zone), size=paper_size(""))


def _summary(session: Session, paper: ClaimedPaper, now: datetime) -> str:
    with_money = has_money(paper.facts)
    return draw_summary(wave_summary(session, paper.wave_id or 0, now=now, with_money=with_money))


def _asker(session: Session, user_id: int | None) -> Asker:
    if user_id is None:
        return Asker("surveyd", SYSTEM, ZoneInfo("UTC"))
    user = session.get(User, user_id)
    zone = zone_named(user.time_zone or "UTC") if user else ZoneInfo("UTC")
    return Asker((user.name or user.email) if user else "", scope_of(user), zone)


DRAWERS: dict[PaperKind, Callable[[Session, ClaimedPaper, datetime], str]] = {
    PaperKind.RESPONSE: _response,
    PaperKind.ACCOUNT: _account,
    PaperKind.SUMMARY: _summary,
}
