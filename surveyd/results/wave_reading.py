"""A wave's rows out of the database, as arrays: all of them, or those behind an id."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, ColumnElement, Float, Select, Text, cast, extract, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from surveyd.base.plain_rows import plain_rows
from surveyd.distribution.models import Invitation
from surveyd.responses.models import Response
from surveyd.results.item_scales import scales_of
from surveyd.results.models import Score
from surveyd.results.phases import phase_of_response
from surveyd.results.wave_arrays import (
    ANSWERED,
    ASKED,
    CHANNELS,
    ITEM,
    ITEM_TYPE,
    MISSING,
    SEGMENTS,
    STAGE,
    STAGE_TYPE,
    Array,
    Arrays,
)

CHUNK = 10_000
UNKNOWN = np.iinfo(np.int64).min
CHANNEL_CODES = {channel.value: code for code, channel in enumerate(CHANNELS)}
SEGMENT_CODES = {segment.value: code for code, segment in enumerate(SEGMENTS)}


def read_answers(session: Session, wave_id: int, *, rule: str, after: int = 0) -> Arrays:
    """The answers of a wave by one rule version whose score's id is above `after`, in the order of these ids.

    Each response is there once: on PostgreSQL a correction between two statements deletes a score that was
    read already, and adds one that is yet to be read. Some thousand rows are held at a time besides the
    arrays.
    """
    chunks = list(_chunks(session, wave_id, rule, after))
    if not chunks:
        return {name: np.empty(0, kind) for name, kind in ANSWERED.items()}
    return latest(stacked(chunks))


def read_asked(session: Session, wave_id: int) -> Arrays:
    """The invitations of a wave."""
    parts: list[Arrays] = []
    after = 0
    query = select(Invitation.id, Invitation.contact_id, Invitation.account_id)
    query = query.where(Invitation.wave_id == wave_id).order_by(Invitation.contact_id).limit(10 * CHUNK)
    while True:
        rows = plain_rows(session, query.where(Invitation.contact_id > after))
        _, *found = zip(*rows, strict=True) if rows else ((), (), ())
        parts.append({name: np.array(of, dtype=np.int64) for name, of in zip(ASKED, found, strict=True)})
        if len(rows) < 10 * CHUNK:
            return stacked(parts)
        after = rows[-1][1]


def stacked(parts: Sequence[Mapping[str, Array]]) -> Arrays:
    """The rows of several sets of arrays as one; what one of them has not is missing there."""
    names = dict.fromkeys(name for part in parts for name in part)
    return {
        name: np.concatenate([part[name] if name in part else _nothing(name, part) for part in parts])
        for name in names
    }


def latest(answers: Arrays) -> Arrays:
    """Each response once, by its score of the highest id, in the order they stand in."""
    responses = answers["response_id"]
    order = np.lexsort((answers["score_id"], responses))
    ordered = responses[order]
    is_last = np.append(ordered[1:] != ordered[:-1], np.ones(min(1, len(order)), np.bool_))
    if is_last.all():
        return answers
    places = np.sort(order[is_last])
    return {name: of[places] for name, of in answers.items()}


def _nothing(name: str, beside: Mapping[str, Array]) -> Array:
    """As many missing values as there are rows beside."""
    size = len(beside["score_id"])
    return np.full(size, np.nan, STAGE_TYPE) if name.startswith(STAGE) else np.full(size, MISSING, ITEM_TYPE)


def _chunks(session: Session, wave_id: int, rule: str, after: int) -> Iterator[Arrays]:
    query = _answers(session, wave_id, rule)
    while True:
        rows = plain_rows(session, query.where(Score.id > after))
        if rows:
            yield _arrays(session, rows)
        if len(rows) < CHUNK:
            return
        after = rows[-1][0]


def _answers(session: Session, wave_id: int, rule: str) -> Select[*tuple[Any, ...]]:
    """One row a response, in the order of `_arrays`."""
    return (
        select(
            Score.id,
            Score.response_id,
            Response.contact_id,
            Score.account_id,
            Response.version_id,
            _epoch(session, Response.given_at),
            _epoch(session, Score.scored_at),
            Response.channel,
            phase_of_response(),
            func.coalesce(Score.recommendation, MISSING),
            Score.attitude,
            Score.intent,
            Score.growth,
            Score.ease,
            Score.segment,
            cast(Score.stages, Text),
            cast(Score.inputs, Text),
        )
        .join(Response, Response.id == Score.response_id)
        .where(Score.wave_id == wave_id, Score.rule_version == rule)
        .order_by(Score.id)
        .limit(CHUNK)
    )


def _epoch(session: Session, instant: InstrumentedAttribute[datetime]) -> ColumnElement[Any]:
    """An instant as whole seconds since 1970."""
    if session.get_bind().dialect.name == "sqlite":
        return extract("epoch", instant)
    return cast(func.floor(cast(extract("epoch", instant), Float)), BigInteger)


def _arrays(session: Session, rows: Sequence[Any]) -> Arrays:
    *facts, stages, inputs = zip(*rows, strict=True)
    given: dict[str, Sequence[Any]] = dict(zip(ANSWERED, facts, strict=True))
    given["channel"] = [CHANNEL_CODES[name] for name in given["channel"]]
    given["segment"] = [SEGMENT_CODES[name] for name in given["segment"]]
    arrays = {name: np.array(given[name], dtype=kind) for name, kind in ANSWERED.items()}
    return arrays | _stages(parsed(stages)) | _items(session, parsed(inputs), arrays["version_id"])


def parsed(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Objects out of their JSON texts, in one go."""
    found: list[dict[str, Any]] = json.loads(f"[{','.join(texts)}]")
    return found


def _stages(found: Sequence[Mapping[str, float]]) -> Arrays:
    names = dict.fromkeys(name for one in found for name in one)
    return {
        STAGE + name: np.array([one.get(name, np.nan) for one in found], dtype=STAGE_TYPE) for name in names
    }


def _items(session: Session, found: Sequence[Mapping[str, int]], versions: Array) -> Arrays:
    """Answers by item, each on the scale of its own version."""
    asked = {int(version): scales_of(session, int(version)) for version in np.unique(versions)}
    arrays: Arrays = {}
    for name in dict.fromkeys(name for scales in asked.values() for name in scales):
        raw = np.array([one.get(name, UNKNOWN) for one in found], dtype=np.int64)
        answers = np.full(len(raw), MISSING, ITEM_TYPE)
        for version, scales in asked.items():
            here = (raw != UNKNOWN) & (versions == version)
            if name in scales:
                answers[here] = raw[here] - scales[name].shift
        arrays[ITEM + name] = answers
    return arrays
