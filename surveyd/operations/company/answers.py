"""One person's answers to one questionnaire: the scaled items from the model, and words that fit them."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from surveyd.forms.definition import NOT_APPLICABLE as NOT_FOR_ME
from surveyd.forms.definition import Answer, Questionnaire
from surveyd.operations.company.minds import LEFT_OUT, NOT_APPLICABLE, Minds
from surveyd.operations.company.words import GENERAL, words
from surveyd.scoring.nps import Category, category

STREAM = 3
LANGUAGES = ("en", "de")
GIVES_REASON, GIVES_REASON_BY_PHONE, NAMES_FIRST, SAYS_MORE, SAYS_HOW = 0.55, 0.80, 0.15, 0.07, 0.5
WANTS_CALL = {Category.PROMOTER: 0.04, Category.PASSIVE: 0.06, Category.DETRACTOR: 0.22}
WANTS_NONE = 0.35
TOPIC_CLEAR = 0.8


@dataclass(frozen=True, slots=True)
class Reply:
    """Complete answers by item id, the topic that was on the person's mind, and whether it is praised."""

    answers: dict[str, Answer]
    topic: str
    is_praise: bool


def generator(seed: int, *place: int) -> Generator:
    """The random numbers of one place (wave, contact, what for), whatever is drawn elsewhere."""
    return np.random.default_rng([seed, STREAM, *place])


def reply(
    minds: Minds, contact: int, *, questionnaire: Questionnaire, language: str, by_phone: bool, rng: Generator
) -> Reply:
    """What the contact answers in one wave, in words of `language`."""
    language = language if language in LANGUAGES else LANGUAGES[0]
    answers = _scaled(minds, contact, by_phone=by_phone)
    recommend = questionnaire.recommendation
    rating = answers.get(recommend.id) if recommend else None
    kind = category(rating) if isinstance(rating, int) else Category.PASSIVE
    topic = topic_of(answers, kind, rng)
    said = words()["topics"][topic]["good" if kind is Category.PROMOTER else "bad"][language]
    reason, first, more = (item.id for item in questionnaire.measuring("verbatim"))
    if rng.random() < (GIVES_REASON_BY_PHONE if by_phone else GIVES_REASON):
        answers[reason] = pick(rng, said)
    if rng.random() < NAMES_FIRST:
        answers[first] = pick(rng, words()["improve"][language])
    if rng.random() < SAYS_MORE:
        answers[more] = pick(rng, words()["more"][language])
    chance = rng.random()
    for item in questionnaire.measuring("contact_me"):
        if chance < WANTS_CALL[kind]:
            answers[item.id] = "call"
        elif chance > 1 - WANTS_NONE:
            answers[item.id] = "no"
    if chance < WANTS_CALL[kind] * SAYS_HOW and "reach_me" in questionnaire.items:
        answers["reach_me"] = pick(rng, words()["reach"][language])
    return Reply(answers, topic, kind is Category.PROMOTER)


def topic_of(answers: dict[str, Answer], kind: Category, rng: Generator) -> str:
    """What such answers are mostly about: the best rated thing of a promoter, the worst of the others."""
    topics = words()["topics"]
    rated = {item: answer for item, answer in answers.items() if item in topics and isinstance(answer, int)}
    if not rated or rng.random() > TOPIC_CLEAR:
        return GENERAL
    edge = max(rated.values()) if kind is Category.PROMOTER else min(rated.values())
    return pick(rng, [item for item, answer in rated.items() if answer == edge])


def pick(rng: Generator, sentences: list[str]) -> str:
    """One of the sentences."""
    return sentences[rng.integers(len(sentences))]


def _scaled(minds: Minds, contact: int, *, by_phone: bool) -> dict[str, Answer]:
    answers: dict[str, Answer] = {}
    for place, (item, given) in enumerate(minds.items.items()):
        # The recommendation stands first; on the telephone people are a little kinder.
        value = int(minds.by_phone[contact] if by_phone and place == 0 else given[contact])
        if value != LEFT_OUT:
            answers[item] = NOT_FOR_ME if value == NOT_APPLICABLE else value
    return answers
