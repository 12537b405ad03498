"""What an anonymous link has brought: figures from five answers on, and nothing that leads to a person."""

from dataclasses import dataclass

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from surveyd.base.database import reading, writing
from surveyd.base.errors import NotFound
from surveyd.base.services import services
from surveyd.forms.definition import Item, Texts
from surveyd.responses import open_links
from surveyd.responses.open_links import LinkLine, view_link
from surveyd.results.pulse import ItemResult, Pulse, Share, pulse
from surveyd.scoring import nps
from surveyd.web.access import reader
from surveyd.web.filters import locale_name, number
from surveyd.web.staff.frame import bp


@dataclass(frozen=True, slots=True)
class ResultsPage:
    """The results of one anonymous link, in the reader's language where the questionnaire has it."""

    link: LinkLine
    pulse: Pulse
    language: str

    @property
    def title(self) -> str:
        """The page's answer."""
        found = self.pulse
        if not found.answered:
            return ngettext(
                "1 more answer is needed before anything is shown",
                "%(many)s more answers are needed before anything is shown",
                found.missing,
                many=number(found.missing),
            )
        return ngettext("1 answer", "%(many)s answers", found.answered, many=number(found.answered))

    def question(self, item: Item) -> str:
        """How an item was asked; the words beside an "other" are named by its choice."""
        asked = self._said(item.text) or self._said(item.label)
        return asked.replace("{company}", self.link.company)

    def option(self, result: ItemResult, share: Share) -> str:
        """How an answer was worded; the ends of a scale carry their words."""
        scale = result.item.scale
        if scale is None:
            return next(self._said(one.text) for one in result.item.options if one.value == share.value)
        ends = {str(scale.low): scale.low_end, str(scale.high): scale.high_end}
        said = self._said(ends[share.value]) if share.value in ends else ""
        return f"{share.value}, {said}" if said else share.value

    def score(self, result: ItemResult) -> str:
        """The recommendation's score with its sign, empty for other items."""
        return nps.display(result.score.value) if result.score else ""

    def mean(self, result: ItemResult) -> str:
        """The mean to one decimal."""
        return number(round(result.mean, 1)) if result.mean is not None else ""

    def _said(self, texts: Texts) -> str:
        return self.pulse.questionnaire.said(texts, self.language)


@bp.get("/links/<id:link_id>/results", endpoint="link_results")
def show_results(link_id: int) -> str:
    """The results of an anonymous link; what comes through other links is seen at the accounts."""
    with reading() as session:
        link = view_link(session, link_id)
        if not link.is_anonymous:
            raise NotFound("anonymous link", link_id)
        found = pulse(session, link_id)
    page = ResultsPage(link, found, locale_name()[:2])
    return render_template("staff/link_results.html", page=page, note=_note(found))


@bp.post("/links/<id:link_id>/results/count")
def count_suspects(link_id: int) -> AnyResponse:
    """Count the answers as well that looked like spam."""
    with writing() as session:
        open_links.count_suspects(session, link_id, now=services().clock.now(), by=reader().user_id)
    return redirect(url_for("staff.link_results", link_id=link_id), 303)


def _note(found: Pulse) -> str:
    """What is not shown, and why."""
    said = []
    if found.answered and found.held_back:
        said.append(
            ngettext(
                "1 newer answer is shown together with the next ones, five and more at once.",
                "%(many)s newer answers are shown together with the next ones, five and more at once.",
                found.held_back,
                many=number(found.held_back),
            )
        )
    if found.suspect:
        said.append(
            ngettext(
                "1 answer looks like spam and is left out.",
                "%(many)s answers look like spam and are left out.",
                found.suspect,
                many=number(found.suspect),
            )
        )
    if found.answered:
        said.append(_("A question that fewer than five people answered is not shown."))
    return " ".join(said)
