"""What the customers feel and how they would answer, wave by wave: the documented generative model.

Experience with each step of the journey makes attitude; attitude and lock-in make intent; both make
the answers, shifted and spread by how people answer in their region. Who answers at all, and after
which touch, depends on attitude too: that is the bias a survey has, and which the product must show.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from surveyd.forms.definition import Item, Questionnaire
from surveyd.operations.company.people import DECIDES, USES, People
from surveyd.operations.company.places import REGIONS

STREAM = 2
Floats = NDArray[np.float64]
Answers = NDArray[np.int16]

NOT_APPLICABLE, LEFT_OUT = -1, -2
DRIVER_WEIGHTS = (0.30, 0.10, 0.05, 0.25, 0.08, 0.20, 0.12, 0.05, 0.15, 0.02)
"""What each driver does to attitude: the truth that an analysis of the answers has to find again."""
DRIVERS = (
    ("stage:support", 0),
    ("ease", 0),
    ("stage:onboarding", 0),
    ("stage:delivery", 0),
    ("driver", 1),
    ("driver", 0),
    ("stage:billing", 0),
    ("stage:buying", 0),
    ("stage:renewal", 0),
    ("stage:evaluating", 0),
)
"""The items that the drivers are, by what they measure and their place among those that measure it."""
DRIVER_GROUPS = (0, 0, 0, 1, 1, 2, 2, 2, 3, 3)
IMPROVED, IMPROVED_REGION, IMPROVED_FROM, IMPROVED_BY = (3, 4), 1, 2, 0.25
"""In one region delivery and promises got better before the third wave, and nothing else did."""

ACCOUNT_SHARE, ACCOUNT_MEMORY, PERSON_MEMORY = 0.40, 0.85, 0.75
KIND_SHIFT = (-0.05, 0.0, 0.03)
RECOMMEND = np.cumsum((0.02, 0.01, 0.01, 0.015, 0.02, 0.05, 0.055, 0.11, 0.23, 0.20))
AGREE = np.array((0.05, 0.16, 0.43, 0.83))
CONTINUE, GROW, STAY = (
    np.array(cut) for cut in ((0.02, 0.06, 0.16, 0.50), (0.05, 0.15, 0.40, 0.76), (0.04, 0.13, 0.33, 0.68))
)
ATTITUDE_LOADINGS = (0.88, 0.85, 0.83, 0.80)
PHONE_SHIFT = 0.12
TOUCHES = (-0.85, -1.05, -0.55)
"""How readily people answer the invitation, the reminder and the call (logits)."""
READINESS, BY_ATTITUDE, BY_ACCOUNT, BY_KIND = 0.25, 0.18, 0.45, (-0.55, -0.10, 0.0)
SELDOM, FORGOTTEN = 0.04, 0.01
USERS_SKIP, DECIDERS_SKIP = 0.60, 0.35
LEAVE_HALF_YEARLY = (0.015, 0.04, 0.09, 0.11)
"""How many accounts leave before a wave: both axes high, only intent, only attitude, neither."""


@dataclass(frozen=True, slots=True)
class Minds:
    """One wave: what each contact would answer to each scaled item, and how ready they are to answer.

    `items` holds the answer, or NOT_APPLICABLE or LEFT_OUT; `by_phone` is the recommendation as somebody
    on the telephone hears it; `chances` has one row a touch; `left` names accounts lost before the wave.
    `attitude` and `intent` are the truth behind the answers.
    """

    items: dict[str, Answers]
    by_phone: Answers
    chances: Floats
    left: NDArray[np.bool_]
    attitude: Floats
    intent: Floats


def build_minds(people: People, questionnaire: Questionnaire, *, seed: int, waves: int) -> list[Minds]:
    """The waves in their order: the same for the same arguments, whoever answers in the end."""
    return list(_Model(people, questionnaire, np.random.default_rng([seed, STREAM])).waves(waves))


class _Model:
    def __init__(self, people: People, questionnaire: Questionnaire, rng: Generator) -> None:
        self.rng = rng
        self.questionnaire = questionnaire
        self.account, self.region, self.kind = people.account_of, people.region_of, people.kind_of
        self.accounts, self.contacts = len(people.accounts), len(people.contacts)
        self.lock_in = rng.standard_normal(self.accounts)
        self.readiness = rng.standard_normal(self.accounts)
        self.scale: tuple[float, float] | None = None
        self.left = np.zeros(self.accounts, dtype=bool)
        self.shift = np.array([region.shift for region in REGIONS])[self.region]
        self.spread = np.array([region.spread for region in REGIONS])[self.region]

    def waves(self, count: int) -> Iterator[Minds]:
        at_account = self.rng.standard_normal(self.accounts)
        of_person = self.rng.standard_normal(self.contacts)
        for wave in range(count):
            if wave:
                at_account = self._remembered(at_account, ACCOUNT_MEMORY)
                of_person = self._remembered(of_person, PERSON_MEMORY)
            general = sqrt(ACCOUNT_SHARE) * at_account[self.account] + sqrt(1 - ACCOUNT_SHARE) * of_person
            general += np.array(KIND_SHIFT)[self.kind]
            yield self._wave(wave, general)

    def _wave(self, wave: int, general: Floats) -> Minds:
        felt = self._experience(wave, general)
        attitude = sqrt(0.68) * self._standard(felt @ np.array(DRIVER_WEIGHTS)) + sqrt(0.32) * self._noise()
        intent = 0.60 * attitude + 0.50 * self.lock_in[self.account] + sqrt(0.39) * self._noise()
        items, by_phone = self._items(felt, attitude, intent)
        left = self.left.copy()
        self._lose_accounts(attitude, intent)
        return Minds(items, by_phone, self._chances(attitude), left, attitude, intent)

    def _experience(self, wave: int, general: Floats) -> Floats:
        groups = self.rng.standard_normal((self.contacts, max(DRIVER_GROUPS) + 1))[:, DRIVER_GROUPS]
        own = self.rng.standard_normal((self.contacts, len(DRIVERS)))
        felt = 0.70 * general[:, None] + 0.30 * groups + sqrt(0.42) * own
        if wave >= IMPROVED_FROM:
            felt[np.ix_(self.region == IMPROVED_REGION, IMPROVED)] += IMPROVED_BY
        return felt

    def _items(self, felt: Floats, attitude: Floats, intent: Floats) -> tuple[dict[str, Answers], Answers]:
        recommend = self.questionnaire.recommendation
        assert recommend is not None, "the model is one of a questionnaire that asks for a recommendation"
        z = self._styled(attitude, 0.84)
        items = {recommend.id: _category(z, RECOMMEND, recommend)}
        by_phone = _category(z + PHONE_SHIFT, RECOMMEND, recommend)
        for item, axis, loading, cuts in self._batteries(felt, attitude, intent):
            answers = _category(self._styled(axis, loading), cuts, item)
            if item.reversed and item.scale:
                answers = (item.scale.low + item.scale.high - answers).astype(np.int16)
            items[item.id] = self._with_gaps(answers, item)
        return items, by_phone

    def _batteries(
        self, felt: Floats, attitude: Floats, intent: Floats
    ) -> Iterator[tuple[Item, Floats, float, Floats]]:
        measuring = self.questionnaire.measuring
        for item, loading in zip(measuring("attitude"), ATTITUDE_LOADINGS, strict=True):
            yield item, attitude, loading, AGREE
        for item in measuring("intent"):
            yield (item, intent, 0.72, STAY) if item.reversed else (item, intent, 0.88, CONTINUE)
        for item in measuring("growth"):
            yield item, intent, 0.70, GROW
        for column, (measure, place) in enumerate(DRIVERS):
            yield measuring(measure)[place], felt[:, column], 0.85, AGREE

    def _with_gaps(self, answers: Answers, item: Item) -> Answers:
        """Some things do not apply to some people, and some are passed over."""
        chance = self.rng.random(self.contacts)
        apart = np.full(self.contacts, SELDOM)
        if item.measures in ("stage:buying", "stage:renewal"):
            apart[self.kind == USES] = USERS_SKIP
        if item.measures == "stage:support":
            apart[self.kind == DECIDES] = DECIDERS_SKIP
        answers = np.where(chance < apart, NOT_APPLICABLE, answers)
        return np.where(chance > 1 - FORGOTTEN, LEFT_OUT, answers).astype(np.int16)

    def _chances(self, attitude: Floats) -> Floats:
        logits = READINESS + BY_ATTITUDE * attitude + BY_ACCOUNT * self.readiness[self.account]
        logits = logits + np.array(BY_KIND)[self.kind]
        chances: Floats = 1 / (1 + np.exp(-(logits + np.array(TOUCHES)[:, None])))
        return chances

    def _lose_accounts(self, attitude: Floats, intent: Floats) -> None:
        people = np.bincount(self.account, minlength=self.accounts).clip(1)
        likes = np.bincount(self.account, attitude, minlength=self.accounts) / people > -0.28
        stays = np.bincount(self.account, intent, minlength=self.accounts) / people > -0.77
        kind = np.where(stays, np.where(likes, 0, 1), np.where(likes, 2, 3))
        self.left |= self.rng.random(self.accounts) < np.array(LEAVE_HALF_YEARLY)[kind]

    def _styled(self, axis: Floats, loading: float) -> Floats:
        z = loading * axis + sqrt(1 - loading**2) * self._noise()
        return self.shift + self.spread * z

    def _standard(self, values: Floats) -> Floats:
        # Against the first wave, so that what gets better stays better.
        if self.scale is None:
            self.scale = (float(values.mean()), float(values.std()) or 1.0)
        mean, deviation = self.scale
        standard: Floats = (values - mean) / deviation
        return standard

    def _remembered(self, before: Floats, memory: float) -> Floats:
        return memory * before + sqrt(1 - memory**2) * self.rng.standard_normal(len(before))

    def _noise(self) -> Floats:
        return self.rng.standard_normal(self.contacts)


def _category(z: Floats, shares: Floats, item: Item) -> Answers:
    """The category whose share of a standard normal each value falls into."""
    assert item.scale is not None and item.scale.high - item.scale.low == len(shares), item.id
    cuts = [NormalDist().inv_cdf(float(share)) for share in shares]
    return (np.searchsorted(cuts, z, side="right") + item.scale.low).astype(np.int16)
