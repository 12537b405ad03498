"""Comments whose words deny their rating, in a real wave."""

from functools import partial

import pytest

from surveyd.people.access import NOBODY, SYSTEM, Reach, Scope
from surveyd.results import tones as module
from surveyd.results.tones import tones
from surveyd.scoring.tone import Tone, learn
from surveyd.scoring.unsaid import Reason, Unsaid
from tests.fixtures.asking import CONTENT, HAPPY, UNHAPPY, Asking
from tests.results.test_movement import next_wave

GOOD, BAD = "Great people, always helpful", "Terrible, slow and wrong again"


@pytest.fixture
def spoken(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> Asking:
    """Ten who are happy and say so, ten who are not; Anna rates 10 and writes like the unhappy."""
    monkeypatch.setattr(module, "learn", partial(learn, needed=8))
    module._kept.clear()
    for number in range(20):
        told = (HAPPY, UNHAPPY)[number % 2]
        asking.answer(asking.ask_somebody(number), told | {"why": (GOOD, BAD)[number % 2]})
    asking.answer(asking.ask(asking.people.anna.id), HAPPY | {"why": BAD})
    asking.answer(asking.ask(asking.people.sofie.id), CONTENT | {"why": BAD})
    return asking


def test_too_few_comments_keep_the_model_off(asking: Asking) -> None:
    asking.answer(asking.ask(asking.people.anna.id), HAPPY | {"why": GOOD})
    found = tones(asking.session, asking.wave.id, scope=SYSTEM)
    [english] = found.models
    assert isinstance(english.model, Unsaid)
    assert (english.language, english.comments, english.model.reason) == ("en", 1, Reason.TOO_FEW_ANSWERS)
    assert found.conflicts == {}


def test_a_wave_without_comments_has_no_model(asking: Asking) -> None:
    assert tones(asking.session, asking.wave.id, scope=SYSTEM).models == ()


def test_a_promoter_who_sounds_like_a_detractor_is_a_conflict_and_a_passive_is_none(spoken: Asking) -> None:
    found = tones(spoken.session, spoken.wave.id, scope=SYSTEM)
    [english] = found.models
    assert isinstance(english.model, Tone)
    assert english.model.macro_f1 > 0.9
    assert list(found.conflicts.values()) == [-1]


def test_only_what_the_reader_may_see_is_shown(spoken: Asking) -> None:
    for region, count in (("North", 1), ("South", 0)):
        found = tones(spoken.session, spoken.wave.id, scope=Scope(Reach.REGION, None, region))
        assert len(found.conflicts) == count
        assert [(one.language, one.comments) for one in found.models] == [("en", 1)]
    assert tones(spoken.session, spoken.wave.id, scope=NOBODY).models == ()


def test_earlier_waves_teach_and_only_this_one_is_shown(spoken: Asking) -> None:
    later = next_wave(spoken)
    later.answer(later.ask(spoken.people.aziz.id), UNHAPPY | {"why": GOOD})
    found = tones(spoken.session, later.wave.id, scope=SYSTEM)
    assert list(found.conflicts.values()) == [1]
    assert found.models[0].comments == 23


def test_what_was_learned_is_kept_until_something_changes(
    spoken: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tones(spoken.session, spoken.wave.id, scope=SYSTEM)
    monkeypatch.setattr(module, "KEPT", 1)
    assert tones(spoken.session, spoken.wave.id, scope=SYSTEM) == first
    spoken.answer(spoken.ask(spoken.people.aziz.id), UNHAPPY | {"why": GOOD})
    assert len(tones(spoken.session, spoken.wave.id, scope=SYSTEM).conflicts) == 2


def test_languages_have_a_model_each(spoken: Asking) -> None:
    spoken.answer(spoken.ask(spoken.people.aziz.id), UNHAPPY | {"why": "納期が遅い"})
    found = tones(spoken.session, spoken.wave.id, scope=SYSTEM)
    assert [(one.language, one.comments) for one in found.models] == [("en", 22), ("ja", 1)]
