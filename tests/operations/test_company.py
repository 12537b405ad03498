"""The simulated company: fixed by its seed, plausible people, and answers as the model has them."""

from collections import Counter
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from numpy.typing import NDArray

from surveyd.base.errors import Refused
from surveyd.forms.loading import shipped
from surveyd.forms.paths import route_of
from surveyd.operations.company.answers import LANGUAGES, generator, reply
from surveyd.operations.company.minds import (
    IMPROVED_BY,
    IMPROVED_FROM,
    IMPROVED_REGION,
    NOT_APPLICABLE,
    Minds,
    build_minds,
)
from surveyd.operations.company.people import DECIDES, USES, People, build_people
from surveyd.operations.company.places import REGIONS
from surveyd.operations.company.staff import STAFF
from surveyd.operations.company.words import GENERAL, words
from surveyd.people.cells import read_address, read_phone
from surveyd.people.models import StaffRole
from surveyd.people.passwords import check_password
from surveyd.results.scores import key_of, score
from surveyd.scoring.loyalty import Segment

QUESTIONNAIRE = shipped("relational")
WAVES = 4


@cache
def many_people() -> People:
    return build_people(7, 1500)


@cache
def many_minds() -> list[Minds]:
    return build_minds(many_people(), QUESTIONNAIRE, seed=7, waves=WAVES)


def answering(minds: Minds) -> NDArray[np.bool_]:
    """Who answers: one throw for all who are asked, after each touch."""
    answers: NDArray[np.bool_] = np.any(
        np.random.default_rng(1).random(minds.chances.shape) < minds.chances, axis=0
    )
    return answers


def nps(ratings: NDArray[np.int16]) -> float:
    return float(100 * ((ratings >= 9).mean() - (ratings <= 6).mean()))


def test_the_same_seed_is_the_same_company() -> None:
    first, again = build_people(3, 40), build_people(3, 40)
    assert first == again
    assert build_people(4, 40) != first
    minds = [build_minds(people, QUESTIONNAIRE, seed=3, waves=2) for people in (first, again)]
    for one, other in zip(*minds, strict=True):
        assert all((one.items[item] == other.items[item]).all() for item in one.items)
        assert (one.chances == other.chances).all()


@pytest.mark.parametrize("accounts", [1, 2, 600])
def test_a_company_of_any_size(accounts: int) -> None:
    people = build_people(1, accounts)
    assert len({account.name for account in people.accounts}) == accounts
    assert {contact.account for contact in people.contacts} == set(range(accounts))
    assert len(build_minds(people, QUESTIONNAIRE, seed=1, waves=2)) == 2


def test_a_fifth_of_the_accounts_brings_four_fifths_of_the_revenue() -> None:
    revenues = sorted((account.revenue for account in many_people().accounts), reverse=True)
    assert 0.72 < sum(revenues[:300]) / sum(revenues) < 0.88
    assert 3.2 < len(many_people().contacts) / 1500 < 4.2


def test_everybody_can_be_imported_and_nobody_can_be_reached() -> None:
    for contact in many_people().contacts:
        assert read_address(contact.email) == contact.email
        assert not contact.email or contact.email.endswith(".example")
        assert not contact.phone or read_phone(contact.phone, "").startswith("+")
        assert ZoneInfo(contact.time_zone).key == contact.time_zone
        assert contact.joins >= many_people().accounts[contact.account].joins


def test_few_people_share_an_address() -> None:
    shared = Counter(contact.email for contact in many_people().contacts if contact.email)
    twice = sum(count > 1 for count in shared.values())
    assert 0 < twice < 0.02 * len(shared)


def test_languages_follow_regions_and_places() -> None:
    accounts = many_people().accounts
    spoken = {
        (REGIONS[accounts[one.account].region].name, accounts[one.account].place.country, one.language)
        for one in many_people().contacts
        if one.language
    }
    own = {"FR": "fr", "MX": "es", "CL": "es", "JP": "ja"}
    assert {language for region, _, language in spoken if region == "DACH"} == {"de"}
    assert {(country, language) for _, country, language in spoken if country in own} == set(own.items())
    assert {language for region, country, language in spoken if region != "DACH" and country not in own} == {
        "en"
    }
    assert any(not one.language for one in many_people().contacts)


def test_the_staff_can_sign_in_and_see_to_every_region() -> None:
    assert {one.role for one in STAFF[:5]} == set(StaffRole)
    assert len({one.email for one in STAFF}) == len({one.password for one in STAFF}) == len(STAFF)
    for one in STAFF:
        check_password(one.password, email=one.email)
    with pytest.raises(Refused):
        check_password(STAFF[0].name, email=STAFF[0].email)
    for role in (StaffRole.REGIONAL_LEADER, StaffRole.ACCOUNT_MANAGER):
        assert {one.region for one in STAFF if one.role is role} == {region.name for region in REGIONS}


@pytest.mark.parametrize("wave", range(WAVES))
def test_response_and_recommendation_are_those_of_the_model(wave: int) -> None:
    minds = many_minds()[wave]
    answers = answering(minds)
    assert 0.60 < answers.mean() < 0.70
    ratings = minds.items["recommend"]
    assert 28 < nps(ratings[answers]) < 42
    # Who is silent is less happy: the bias of every survey.
    assert nps(ratings[answers]) > nps(ratings[~answers]) + 4


def test_decision_makers_answer_less_than_users() -> None:
    answers, kinds = answering(many_minds()[0]), many_people().kind_of
    assert answers[kinds == DECIDES].mean() < answers[kinds == USES].mean() - 0.08


def test_the_segments_are_near_the_model() -> None:
    minds, key = many_minds()[0], key_of(QUESTIONNAIRE)
    segments = Counter(
        score(
            {item: int(given[who]) for item, given in minds.items.items() if given[who] > 0}, key=key
        ).placement.segment
        for who in np.flatnonzero(answering(minds))
    )
    placed = segments.total() - segments[Segment.UNCLASSIFIED]
    expected = {Segment.TRULY_LOYAL: 54, Segment.ACCESSIBLE: 7, Segment.TRAPPED: 24, Segment.HIGH_RISK: 15}
    for segment, share in expected.items():
        assert abs(100 * segments[segment] / placed - share) < 6, segment
    assert segments[Segment.UNCLASSIFIED] < 0.08 * segments.total()


def test_only_what_was_improved_has_improved() -> None:
    regions = many_people().region_of

    def change(item: str, region: int) -> float:
        before, after = (
            minds.items[item][(regions == region) & (minds.items[item] > 0)].mean()
            for minds in (many_minds()[IMPROVED_FROM - 1], many_minds()[IMPROVED_FROM])
        )
        return float(after - before)

    assert change("delivery", IMPROVED_REGION) > IMPROVED_BY / 2
    others = [change("delivery", region) for region in range(len(REGIONS)) if region != IMPROVED_REGION]
    assert abs(float(np.mean(others))) < IMPROVED_BY / 2


def test_who_is_not_involved_says_so() -> None:
    kinds = many_people().kind_of
    renewal = many_minds()[0].items["renewal"] == NOT_APPLICABLE
    support = many_minds()[0].items["support"] == NOT_APPLICABLE
    assert renewal[kinds == USES].mean() > 0.5 > 0.1 > renewal[kinds == DECIDES].mean()
    assert support[kinds == DECIDES].mean() > 0.25 > 0.1 > support[kinds == USES].mean()


@pytest.mark.parametrize("language", [*LANGUAGES, "fr"])
@pytest.mark.parametrize("by_phone", [False, True])
def test_every_reply_could_be_sent_by_the_form(language: str, by_phone: bool) -> None:
    minds = many_minds()[0]
    for contact in range(60):
        said = reply(
            minds,
            contact,
            questionnaire=QUESTIONNAIRE,
            language=language,
            by_phone=by_phone,
            rng=generator(7, 0, contact),
        )
        assert list(route_of(QUESTIONNAIRE, said.answers).faults()) == []
        assert route_of(QUESTIONNAIRE, said.answers).counted == said.answers
        assert said.is_praise is (int(said.answers["recommend"]) >= 9)


def test_a_reply_does_not_depend_on_who_was_asked_before() -> None:
    def say(contact: int) -> object:
        rng = generator(7, 0, contact)
        return reply(
            many_minds()[0], contact, questionnaire=QUESTIONNAIRE, language="de", by_phone=False, rng=rng
        )

    assert [say(1), say(2)] == [say(2), say(1)][::-1]


def test_there_are_words_for_everything() -> None:
    assert set(words()["topics"]) <= {*QUESTIONNAIRE.items, GENERAL}
    for topic in words()["topics"].values():
        assert set(topic["good"]) == set(topic["bad"]) == set(LANGUAGES)
        assert 0 < len(topic["cause"]) <= 200 and 0 < len(topic["outcome"]) <= 200
