"""Where words and rating part: comments whose tone, learned from our own comments, denies the rating.

One model a language, over the comments of the wave and of earlier waves of its program. A language without a
model that holds is off, with its reason. Models are kept by content, as they take seconds to learn.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import compress

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyd.distribution.models import Wave, WaveKind
from surveyd.distribution.overview import LAUNCHED
from surveyd.people.access import SYSTEM, Scope
from surveyd.results.comments import WrittenComments, comments_of
from surveyd.results.people_columns import accounts_of, seen_accounts
from surveyd.results.wave_arrays import Ids
from surveyd.scoring.stems import language_of
from surveyd.scoring.text import plain, sentences, tokens
from surveyd.scoring.tone import Features, Tone, learn, tone_features
from surveyd.scoring.unsaid import Unsaid

MOST_WAVES = 4
MOST_LEARNED = 20_000
KEPT = 4


@dataclass(frozen=True, slots=True)
class LanguageTone:
    """The model of one language, or why there is none, and how many comments of it the reader may see.

    `is_of_others` says that others' comments, which the reader may not see, have taught it too.
    """

    language: str
    comments: int
    model: Tone | Unsaid
    is_of_others: bool = False


@dataclass(frozen=True, slots=True)
class Tones:
    """The models, most comments first; `conflicts` are responses of the wave by id, -1 for a bad sound.

    Only ratings that say the opposite are conflicts: promoters who sound negative, detractors positive (1).
    """

    models: tuple[LanguageTone, ...]
    conflicts: dict[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class _Learned:
    """What everybody's comments have taught, and of each comment its account and language."""

    tones: Tones
    accounts: Ids
    languages: tuple[str, ...]


_kept: dict[bytes, _Learned] = {}


def tones(session: Session, wave_id: int, *, scope: Scope) -> Tones:
    """The conflicts of a wave that the scope may see, and the models of the languages that it may read.

    Everybody's comments teach a model; none is shown or counted but the scope's own.
    """
    used = _waves(session, session.get_one(Wave, wave_id))
    parts = [comments_of(session, [one], scope=SYSTEM) for one in used]
    key = _digest(used, parts)
    found = _kept.get(key)
    if found is None:
        if len(_kept) >= KEPT:
            _kept.clear()
        found = _kept[key] = _learn(parts)
    if scope.sees_all:
        return found.tones
    accounts = accounts_of(session)
    seen = seen_accounts(session, accounts, scope)
    own = np.isin(found.accounts, accounts.ids[seen])
    here = dict(zip(parts[0].responses.tolist(), own.tolist(), strict=False))
    conflicts = {one: tone for one, tone in found.tones.conflicts.items() if here[one]}
    return Tones(_own_models(found, Counter(compress(found.languages, own.tolist()))), conflicts)


def _own_models(of: _Learned, counts: Mapping[str, int]) -> tuple[LanguageTone, ...]:
    """The models as somebody sees them who may read so many comments of each language."""
    heard = [one for one in of.tones.models if counts.get(one.language)]
    return _sorted(replace(one, comments=counts[one.language], is_of_others=True) for one in heard)


def _sorted(models: Iterable[LanguageTone]) -> tuple[LanguageTone, ...]:
    return tuple(sorted(models, key=lambda one: (-one.comments, one.language)))


def _waves(session: Session, wave: Wave) -> list[int]:
    """This wave, then those before it of its program, the latest first."""
    earlier = (
        select(Wave.id)
        .where(
            Wave.program_id == wave.program_id,
            Wave.kind == WaveKind.PROGRAM,
            Wave.state.in_(LAUNCHED),
            Wave.day_zero < wave.day_zero,
        )
        .order_by(Wave.day_zero.desc(), Wave.id.desc())
        .limit(MOST_WAVES - 1)
    )
    return [wave.id, *session.scalars(earlier)]


def _digest(used: Sequence[int], parts: Sequence[WrittenComments]) -> bytes:
    found = blake2b(repr(used).encode(), digest_size=16)
    for part in parts:
        found.update(part.responses.tobytes() + part.signs.tobytes())
        for text in part.texts:
            found.update(text.encode("utf-8", "surrogatepass") + b"\0")
    return found.digest()


def _learn(parts: Sequence[WrittenComments]) -> _Learned:
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
    conflicts: dict[int, int] = {}
    for language in dict.fromkeys(spoken):
        every = [at for at, one in enumerate(spoken) if one == language]
        of = every[:MOST_LEARNED]
        features = _features([tone_features(read[at][0], language) for at in of])
        model = learn(features, signs[of], accounts[of])
        models.append(LanguageTone(language, len(every), model))
        if isinstance(model, Tone):
            said = zip(of, model.tones.tolist(), strict=True)
            conflicts |= {here[at]: tone for at, tone in said if at < len(here) and tone == -signs[at] != 0}
    return _Learned(Tones(_sorted(models), conflicts), accounts, tuple(spoken))


def _features(documents: Sequence[Iterable[str]]) -> Features:
    codes: dict[str, int] = {}
    found = [[codes.setdefault(one, len(codes)) for one in document] for document in documents]
    comments = np.repeat(np.arange(len(found)), [len(one) for one in found])
    features = np.array([code for one in found for code in one], dtype=np.int64)
    return Features(comments, features, len(found), max(len(codes), 1))
