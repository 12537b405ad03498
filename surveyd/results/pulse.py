"""The results of an anonymous questionnaire: counts and means of at least five answers, and nothing smaller.

Answers join the results in batches of five and more. Each item takes whole batches in their order, and as
many at once as bring at least five new answers to that item; the others wait. So the base of an item grows by
five and more or not at all, and two looks at it never differ by one person. Words stand in no order. There
are no slices: the fewer people a number is about, the more it says about each.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from secrets import SystemRandom

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveyd.distribution.models import QuestionnaireVersion
from surveyd.forms.conditions import Answer, Answers
from surveyd.forms.definition import NOT_APPLICABLE, Item, Questionnaire
from surveyd.forms.fields import kind_of
from surveyd.forms.loading import from_data
from surveyd.responses.open_links import get_link
from surveyd.responses.open_models import AnonymousAnswers
from surveyd.responses.open_visits import LEAST
from surveyd.scoring import nps
from surveyd.scoring.nps import Summary

WORDS = ("short_text", "long_text")
NUMBER = "number"
Batches = Sequence[Sequence[Answers]]


@dataclass(frozen=True, slots=True)
class Share:
    """How many chose one answer: a number of the scale, or an option's value."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class ItemResult:
    """One item in numbers. `base` is how many answered it; who says that it does not apply is not in it.

    `mean` is there for numbers, `score` for the item that asks for a recommendation. The shares of several
    choices add up to more than the base; a number that people type has a mean and no shares.
    """

    item: Item
    base: int
    mean: float | None
    shares: tuple[Share, ...]
    score: Summary | None


@dataclass(frozen=True, slots=True)
class WordsResult:
    """What people wrote to one item, in random order; at least five of them."""

    item: Item
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pulse:
    """What may be shown of an anonymous link. `answered` counts what the results rest on.

    `missing` is how many answers are needed before anything more is shown, and `held_back` how many wait for
    that; before the first five both are all there is. `suspect` looked like spam and counts nowhere.
    """

    questionnaire: Questionnaire
    answered: int
    held_back: int
    suspect: int
    items: tuple[ItemResult, ...]
    words: tuple[WordsResult, ...]

    @property
    def missing(self) -> int:
        """How many more answers let the next ones be shown."""
        return LEAST - self.held_back


def pulse(session: Session, link_id: int) -> Pulse:
    """The results of an anonymous link, on its present version. Raises NotFound."""
    link = get_link(session, link_id)
    definition = session.get_one(QuestionnaireVersion, link.version_id).definition
    questionnaire = from_data(definition)
    kinds = (AnonymousAnswers.is_suspect, AnonymousAnswers.batch.is_not(None))
    counted = select(*kinds, func.count()).where(AnonymousAnswers.link_id == link_id).group_by(*kinds)
    counts: Counter[str] = Counter()
    for is_suspect, is_shown, count in session.execute(counted):
        counts["suspect" if is_suspect else "answered" if is_shown else "held_back"] += count
    batches = _batches(session, link_id)
    return Pulse(
        questionnaire=questionnaire,
        answered=counts["answered"],
        held_back=counts["held_back"],
        suspect=counts["suspect"],
        items=tuple(_items(questionnaire, batches)),
        words=tuple(_words(questionnaire, batches)),
    )


def _batches(session: Session, link_id: int) -> Batches:
    """What was let show of the link, batch by batch, the oldest first."""
    told = select(AnonymousAnswers.batch, AnonymousAnswers.answers)
    shown = told.where(AnonymousAnswers.link_id == link_id, AnonymousAnswers.batch.is_not(None))
    found: dict[int, list[Answers]] = {}
    for batch, answers in session.execute(shown.order_by(AnonymousAnswers.batch)):
        found.setdefault(batch, []).append(answers)
    return list(found.values())


def _enough(batches: Batches, picked: Callable[[Answers], Answer | None]) -> list[Answer]:
    """What is picked from the batches, in groups of batches that bring at least five; the rest waits."""
    shown: list[Answer] = []
    waiting: list[Answer] = []
    for batch in batches:
        waiting += [one for answers in batch if (one := picked(answers)) is not None]
        if len(waiting) >= LEAST:
            shown, waiting = shown + waiting, []
    return shown


def _items(questionnaire: Questionnaire, batches: Batches) -> Iterator[ItemResult]:
    for item in questionnaire.items.values():
        given = _enough(batches, partial(_counted, item))
        if given and item.kind == NUMBER:
            yield ItemResult(item, len(given), sum(map(float, given)) / len(given), (), None)
        elif given and (item.scale or item.options):
            yield _item(item, given)


def _counted(item: Item, answers: Answers) -> Answer | None:
    given = answers.get(item.id)
    return None if given == NOT_APPLICABLE else given


def _item(item: Item, given: Sequence[Answer]) -> ItemResult:
    values = list(kind_of(item).choices(item))
    chosen = Counter(value for answer in given for value in kind_of(item).picked(item, answer))
    shares = tuple(Share(value, chosen[value]) for value in values if value != NOT_APPLICABLE)
    if item.scale is None:
        return ItemResult(item, len(given), None, shares, None)
    ratings = [int(answer) for answer in given]
    asks = item.measures == "recommendation"
    score = nps.summary(nps.counts(ratings)) if asks else None
    return ItemResult(item, len(given), sum(ratings) / len(ratings), shares, score)


def _words(questionnaire: Questionnaire, batches: Batches) -> Iterator[WordsResult]:
    for item in questionnaire.items.values():
        if item.kind in WORDS:
            texts = _enough(batches, partial(_text, item))
            if texts:
                SystemRandom().shuffle(texts)
                yield WordsResult(item, tuple(map(str, texts)))


def _text(item: Item, answers: Answers) -> str | None:
    return str(answers.get(item.id) or "").strip() or None
