"""A buyer type in the reader's words, with the grounds that it rests on."""

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.people.models import Contact
from surveyd.reports.score_versions import current_score
from surveyd.reports.verbatims import open_questions, written
from surveyd.reports.words import STATES
from surveyd.responses.models import Response
from surveyd.results.buyers import buyer_matcher, buyer_of
from surveyd.results.models import Score
from surveyd.scoring.buyers import Buyer, BuyerType, Ground, GroundKind
from surveyd.scoring.nps import Category

NAMES = {
    BuyerType.SWITCHING: lazy_gettext("switching buyer"),
    BuyerType.HABITUAL: lazy_gettext("habitual buyer"),
    BuyerType.COMPLAINING: lazy_gettext("complaining buyer"),
    BuyerType.SATISFIED: lazy_gettext("satisfied buyer"),
}
RATINGS = {
    Category.PROMOTER: lazy_gettext("rated as promoter"),
    Category.PASSIVE: lazy_gettext("rated as passive"),
    Category.DETRACTOR: lazy_gettext("rated as detractor"),
}
STAGES = {
    "evaluating": lazy_gettext("evaluating"),
    "buying": lazy_gettext("buying"),
    "onboarding": lazy_gettext("onboarding"),
    "delivery": lazy_gettext("delivery"),
    "support": lazy_gettext("support"),
    "billing": lazy_gettext("billing"),
    "renewal": lazy_gettext("renewal"),
}
PLAIN = {
    GroundKind.OTHER_SUPPLIERS: lazy_gettext("wrote about other suppliers"),
    GroundKind.WROTE: lazy_gettext("wrote a comment"),
    GroundKind.NO_COMPLAINT: lazy_gettext("no complaint"),
}


@dataclass(frozen=True, slots=True)
class BuyerLine:
    """A buyer type as a page shows it: its name, and the rule that gave it in words."""

    name: str
    rule: str


def buyer_line(of: Buyer | None) -> BuyerLine | None:
    """The type in words; None without one."""
    if of is None:
        return None
    return BuyerLine(str(NAMES[of.type]), "; ".join(_words(ground) for ground in of.grounds))


def response_buyer(session: Session, response_id: int) -> BuyerLine | None:
    """The type of whoever gave a response that the reader may see; None without one. Three statements."""
    row = session.execute(
        select(Response, Score, Contact.language)
        .select_from(Response)
        .join(Score, Score.id == current_score(Response.id))
        .join(Contact, Contact.id == Response.contact_id)
        .where(Response.id == response_id)
    ).one_or_none()
    if row is None:
        return None
    response, score, language = row
    items = open_questions(session, [response.version_id])[response.version_id]
    found = buyer_of(
        buyer_matcher(session),
        segment=score.segment,
        category=score.category or "",
        stages=score.stages,
        texts=written(response.answers, items),
        language=language,
    )
    return buyer_line(found)


def _words(of: Ground) -> str:
    match of.kind:
        case GroundKind.SEGMENT:
            return str(_("stands as %(segment)s", segment=STATES[of.name]))
        case GroundKind.CATEGORY:
            return str(RATINGS[Category(of.name)])
        case GroundKind.WEAK_STAGE:
            name = STAGES.get(of.name, of.name)
            return str(_("%(stage)s %(value)s of 100", stage=name, value=of.shown))
        case _:
            return str(PLAIN[of.kind])
