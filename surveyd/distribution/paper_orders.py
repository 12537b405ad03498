"""Which papers there are: what each is called, and the facts that go with it when it is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from surveyd.base.mailer import one_line
from surveyd.distribution.paper_models import PaperKind
from surveyd.distribution.papers import NewPaper

LONGEST_NAME = 48


@dataclass(frozen=True, slots=True)
class Change:
    """One improvement as a customer reads it: what was heard, what changed, what will. Plain texts."""

    heard: str
    changed: str = ""
    planned: str = ""


def response_paper(response_id: int, *, contact: str, account: str, asked_by_id: int) -> NewPaper:
    """The quick view of a response, as this reader may see it: each reader has one of their own."""
    return NewPaper(
        dedup_key=f"response:{response_id}:{asked_by_id}",
        kind=PaperKind.RESPONSE,
        response_id=response_id,
        file_name=_file_name(f"{contact}, {account}"),
        asked_by_id=asked_by_id,
    )


def account_paper(
    wave_id: int,
    account_id: int,
    *,
    account: str,
    language: str,
    changes: Sequence[Change],
    asked_by_id: int | None,
    variant: str = "",
) -> NewPaper:
    """The one page for a customer that goes with the letter, one for each language that its people read.

    `variant` tells papers apart whose `changes` differ, such as those of two letters.
    """
    key = ["account", str(wave_id), str(account_id), language, *([variant] if variant else [])]
    return NewPaper(
        dedup_key=":".join(key),
        kind=PaperKind.ACCOUNT,
        wave_id=wave_id,
        account_id=account_id,
        language=language,
        facts={"changes": [asdict(change) for change in changes]},
        file_name=_file_name(account),
        asked_by_id=asked_by_id,
    )


def summary_paper(wave_id: int, *, wave: str, asked_by_id: int | None, with_money: bool = True) -> NewPaper:
    """The closed-loop summary of a wave: for the board, or without money for those who see no amounts."""
    return NewPaper(
        dedup_key=f"summary:{wave_id}" + ("" if with_money else ":plain"),
        kind=PaperKind.SUMMARY,
        wave_id=wave_id,
        facts={"with_money": with_money},
        file_name=_file_name(f"Summary {wave}"),
        asked_by_id=asked_by_id,
    )


def changes_in(facts: Mapping[str, Any]) -> tuple[Change, ...]:
    """The improvements that an account's paper was asked for with."""
    return tuple(Change(**change) for change in facts.get("changes", ()))


def has_money(facts: Mapping[str, Any]) -> bool:
    """Whether a summary was asked for with its amounts of money."""
    return bool(facts.get("with_money"))


def _file_name(words: str) -> str:
    return f"{one_line(words)[:LONGEST_NAME].strip()}.pdf"
