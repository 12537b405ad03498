"""Comments whose words deny their rating, in a real wave."""

from collections.abc import Sequence
from functools import partial

import pytest
from flask import Flask

from surveyd.people.access import NOBODY, SYSTEM, Reach, Scope
from surveyd.results import analyses, analysis_jobs
from surveyd.results import tones as module
from surveyd.results.analysis_models import Analysis, AnalysisState
from surveyd.results.comments import WrittenComments
from surveyd.results.tones import Learned, Quality, Tones, ask_again, kept, learn_all, question_of_wave, tones
from surveyd.results.wholes import wave_name
from surveyd.scoring.bootstrap import Progress
from surveyd.scoring.tone import learn
from surveyd.scoring.unsaid import Reason, Unsaid
from tests.fixtures.apps import NOW, Transaction
from tests.fixtures.asking import CONTENT, HAPPY, UNHAPPY, Asking, open_wave
from tests.results.test_movement import next_wave

GOOD, BAD = "Great people, always helpful", "Terrible, slow and wrong again"


def learned(asking: Asking, *, scope: Scope = SYSTEM) -> Tones:
    """What a reader sees of the models of the wave, learned now and kept as a table keeps them."""
    question = question_of_wave(asking.session, wave_name(asking.wave))
    data = kept(learn_all(ask_again(asking.session, question).parts))
    return tones(asking.session, data, scope=scope)


@pytest.fixture
def spoken(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> Asking:
    """Ten who are happy and say so, ten who are not; Anna rates 10 and writes like the unhappy."""
    monkeypatch.setattr(module, "learn", partial(learn, needed=8))
    for number in range(20):
        told = (HAPPY, UNHAPPY)[number % 2]
        asking.answer(asking.ask_somebody(number), told | {"why": (GOOD, BAD)[number % 2]})
    asking.answer(asking.ask(asking.people.anna.id), HAPPY | {"why": BAD})
    asking.answer(asking.ask(asking.people.sofie.id), CONTENT | {"why": BAD})
    return asking


def test_too_few_comments_keep_the_model_off(asking: Asking) -> None:
    asking.answer(asking.ask(asking.people.anna.id), HAPPY | {"why": GOOD})
    found = learned(asking)
    [english] = found.models
    assert isinstance(english.model, Unsaid)
    assert (english.language, english.comments, english.model.reason) == ("en", 1, Reason.TOO_FEW_ANSWERS)
    assert found.conflicts == {}


def test_a_wave_without_comments_has_no_model(asking: Asking) -> None:
    assert learned(asking).models == ()


def test_a_promoter_who_sounds_like_a_detractor_is_a_conflict_and_a_passive_is_none(spoken: Asking) -> None:
    found = learned(spoken)
    [english] = found.models
    assert isinstance(english.model, Quality)
    assert english.model.macro_f1 > 0.9
    assert list(found.conflicts.values()) == [-1]


def test_only_what_the_reader_may_see_is_shown(spoken: Asking) -> None:
    for region, count in (("North", 1), ("South", 0)):
        found = learned(spoken, scope=Scope(Reach.REGION, None, region))
        assert len(found.conflicts) == count
        assert [(one.language, one.comments) for one in found.models] == [("en", 1)]
    assert learned(spoken, scope=NOBODY).models == ()


def test_earlier_waves_teach_and_only_this_one_is_shown(spoken: Asking) -> None:
    later = next_wave(spoken)
    later.answer(later.ask(spoken.people.aziz.id), UNHAPPY | {"why": GOOD})
    found = learned(later)
    assert list(found.conflicts.values()) == [1]
    assert found.models[0].comments == 23


def test_the_same_comments_are_the_same_question_and_new_ones_are_not(spoken: Asking) -> None:
    question = question_of_wave(spoken.session, wave_name(spoken.wave))
    first = ask_again(spoken.session, question).revision
    assert ask_again(spoken.session, question).revision == first
    spoken.answer(spoken.ask(spoken.people.aziz.id), UNHAPPY | {"why": GOOD})
    assert ask_again(spoken.session, question).revision != first


def test_languages_have_a_model_each(spoken: Asking) -> None:
    spoken.answer(spoken.ask(spoken.people.aziz.id), UNHAPPY | {"why": "納期が遅い"})
    found = learned(spoken)
    assert [(one.language, one.comments) for one in found.models] == [("en", 22), ("ja", 1)]


def test_a_job_learns_once_and_again_only_for_other_comments(
    app: Flask, writer: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writer() as session:
        asking = open_wave(session, NOW)
        asking.answer(asking.ask(asking.people.anna.id), HAPPY | {"why": GOOD})
        aziz = asking.ask(asking.people.aziz.id)
        question = question_of_wave(session, wave_name(asking.wave))
        mine = analyses.want(session, question, by=None, now=NOW)
    told: list[int] = []
    work = module.learn_all

    def count(parts: Sequence[WrittenComments], *, progress: Progress) -> Learned:
        told.append(1)
        return work(parts, progress=progress)

    monkeypatch.setattr(module, "learn_all", count)
    with app.app_context():
        assert analysis_jobs.work_out(mine)
        assert not analysis_jobs.work_out(mine)
        assert again(writer, mine) and told == [1], "what stands is the same"
    with writer() as session:
        Asking(session, NOW, asking.program, asking.wave, asking.people).answer(aziz, HAPPY | {"why": BAD})
    with app.app_context():
        assert again(writer, mine) and told == [1, 1]
    with writer() as session:
        line = session.get_one(Analysis, mine)
        assert line.state is AnalysisState.DONE and line.result is not None
        [english] = tones(session, line.result, scope=SYSTEM).models
        assert english.comments == 2


def again(writer: Transaction, analysis_id: int) -> bool:
    """Ask the same question once more, and have it worked out."""
    with writer() as session:
        question = analyses.question_of(session.get_one(Analysis, analysis_id).question)
        assert analyses.want(session, question, by=None, now=NOW) == analysis_id
    return analysis_jobs.work_out(analysis_id)
