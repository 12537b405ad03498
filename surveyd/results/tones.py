"""Where words and rating part: comments whose tone, learned from our own comments, denies the rating.

One model a language, over the comments of the wave and of earlier waves of its program. A language without a
model that holds is off, with its reason. Learning takes seconds, so it is an analysis like those of drivers:
a job works it out over everybody's comments, and a page shows of it what its reader may see.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from sqlalchemy.orm import Session

from surveyd.base.errors import NotFound
from surveyd.people.access import SYSTEM, Scope
from surveyd.results.analyses import Question
from surveyd.results.analysis_models import AnalysisKind
from surveyd.results.comments import WrittenComments, comments_of
from surveyd.results.kept_values import as_json, from_json
from surveyd.results.people_columns import accounts_of, seen_accounts
from surveyd.results.policies import current
from surveyd.results.slices import WAVE, Slice
from surveyd.results.trend import waves_until
from surveyd.results.wholes import WaveName, waves_of
from surveyd.scoring.bootstrap import Progress
from surveyd.scoring.stems import language_of
from surveyd.scoring.text import plain, sentences, tokens
from surveyd.scoring.tone import Features, Tone, learn, tone_features
from surveyd.scoring.unsaid import Unsaid

MOST_WAVES = 4
MOST_LEARNED = 20_000


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a model that holds judged comments that it had not seen."""

    macro_f1: float


@dataclass(frozen=True, slots=True)
class LanguageTone:
    """The model of one language, or why there is none, and how many comments of it the reader may see.

    `is_of_others` says that others' comments, which the reader may not see, have taught it too.
    """

    language: str
    comments: int
    model: Quality | Unsaid
    is_of_others: bool = False


@dataclass(frozen=True, slots=True)
class Tones:
    """The models, most comments first; `conflicts` are responses of the wave by id, -1 for a bad sound.

    Only ratings that say the opposite are conflicts: promoters who sound negative, detractors positive (1).
    """

    models: tuple[LanguageTone, ...]
    conflicts: dict[int, int]


@dataclass(frozen=True, slots=True)
class Heard:
    """How many comments in a language an account has written."""

    account_id: int
    language: str
    comments: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """A response of the wave whose tone, -1 or 1, denies its rating, and its account."""

    response_id: int
    account_id: int
    tone: int


@dataclass(frozen=True, slots=True)
class Learned:
    """What everybody's comments have taught, with what it takes to leave out what a reader does not see."""

    models: tuple[LanguageTone, ...]
    heard: tuple[Heard, ...]
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True, eq=False)
class AskedTone:
    """A question with the comments that it is about: those of the wave, then of the waves before it."""

    question: Question
    parts: tuple[WrittenComments, ...]

    @property
    def revision(self) -> str:
        """The digest of the comments: two that are equal teach the same."""
        found = blake2b(digest_size=32)
        for part in self.parts:
            accounts = part.account_ids[part.accounts]
            found.update(part.responses.tobytes() + part.signs.tobytes() + accounts.tobytes() + b"|")
            for text, language in zip(part.texts, part.languages, strict=True):
                found.update(f"{language}:{text}\0".encode("utf-8", "surrogatepass"))
        return found.hexdigest()


def question_of_wave(session: Session, wave: WaveName) -> Question:
    """What is asked about a wave. Everybody's comments teach, so it is the same for whoever asks."""
    return Question(AnalysisKind.TONE, ((WAVE, wave.slug),), SYSTEM, current(session).version)


def ask_again(session: Session, question: Question) -> AskedTone:
    """What a kept question asks, with the comments that are there by now, under the policy in force.

    Raises NotFound for a wave that went.
    """
    waves = waves_of(session, Slice(waves=tuple(value for name, value in question.slice if name == WAVE)))
    if not waves:
        raise NotFound("wave", question.slice)
    used = waves_until(session, waves[0].program_id, until=waves[0], most=MOST_WAVES)[::-1]
    parts = tuple(comments_of(session, [one.id], scope=SYSTEM) for one in used)
    return AskedTone(question_of_wave(session, waves[0]), parts)


def kept(found: Learned) -> dict[str, object]:
    """What was learned as it is kept in the table."""
    data: dict[str, object] = as_json(found)
    return data


def tones(session: Session, data: Mapping[str, object], *, scope: Scope) -> Tones:
    """Of what was learned and kept: the conflicts that the scope may see, the models that it may read.

    Everybody's comments teach a model; none is shown or counted but the scope's own.
    """
    found: Learned = from_json(Learned, data)
    if scope.sees_all:
        return Tones(found.models, {one.response_id: one.tone for one in found.conflicts})
    accounts = accounts_of(session)
    seen = set(accounts.ids[seen_accounts(session, accounts, scope)].tolist())
    conflicts = {one.response_id: one.tone for one in found.conflicts if one.account_id in seen}
    counts: Counter[str] = Counter()
    for one in found.heard:
        counts[one.language] += one.comments if one.account_id in seen else 0
    own = (
        LanguageTone(one.language, counts[one.language], one.model, is_of_others=True)
        for one in found.models
        if counts[one.language]
    )
    return Tones(_sorted(own), conflicts)


def learn_all(parts: Sequence[WrittenComments], *, progress: Progress | None = None) -> Learned:
    """Learn a model of each language; `progress` is told how many languages are done, of how many."""
    read = [
        ([tokens(plain(said)) for said in sentences(text)], language)
        for part in parts
        for text, language in zip(part.texts, part.languages, strict=True)
    ]
    spoken = [language_of([word for said in one for word in said], usual=usual) for one, usual in read]
    signs = np.concatenate([part.signs for part in parts])
    accounts = np.concatenate([part.account_ids[part.accounts] for part in parts])
    here = parts[0].responses.tolist()
    models: list[LanguageTone] = []
    conflicts: list[Conflict] = []
    languages = [*dict.fromkeys(spoken)]
    for done, language in enumerate(languages):
        if progress is not None:
            progress(done, len(languages))
        every = [at for at, one in enumerate(spoken) if one == language]
        of = every[:MOST_LEARNED]
        features = _features([tone_features(read[at][0], language) for at in of])
        model = learn(features, signs[of], accounts[of])
        if not isinstance(model, Tone):
            models.append(LanguageTone(language, len(every), model))
            continue
        models.append(LanguageTone(language, len(every), Quality(float(model.macro_f1))))
        said = zip(of, model.tones.tolist(), strict=True)
        conflicts += [
            Conflict(here[at], int(accounts[at]), tone)
            for at, tone in said
            if at < len(here) and tone == -signs[at] != 0
        ]
    heard = Counter(zip(accounts.tolist(), spoken, strict=True))
    told = tuple(Heard(account, language, count) for (account, language), count in heard.items())
    return Learned(_sorted(models), told, tuple(conflicts))


def _sorted(models: Iterable[LanguageTone]) -> tuple[LanguageTone, ...]:
    return tuple(sorted(models, key=lambda one: (-one.comments, one.language)))


def _features(documents: Sequence[Iterable[str]]) -> Features:
    codes: dict[str, int] = {}
    found = [[codes.setdefault(one, len(codes)) for one in document] for document in documents]
    comments = np.repeat(np.arange(len(found)), [len(one) for one in found])
    features = np.array([code for one in found for code in one], dtype=np.int64)
    return Features(comments, features, len(found), max(len(codes), 1))
