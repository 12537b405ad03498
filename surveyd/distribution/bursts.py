"""Bursts of refusals: when so many mails of a wave are refused that a person should look first."""

from collections import deque
from dataclasses import dataclass, field

from surveyd.base.relay import Verdict

IN_A_ROW = 20
WINDOW = 50
"""How many of a wave's last mails are looked at."""
REFUSED = (Verdict.REFUSED, Verdict.UNWRITTEN)
"""What says that something is wrong with us; an address that is gone says so only in great number."""
SAYS_NOTHING_OF_US = (Verdict.LATER, Verdict.NOT_SENT, Verdict.NO_SUCH_ADDRESS)
"""They neither add to a row of refusals nor end it."""
ALL_REFUSED = "the relay refused twenty mails in a row"
MANY_REFUSED = "the relay refused half of the last fifty mails"


@dataclass(slots=True)
class _Wave:
    in_a_row: int = 0
    lately: deque[bool] = field(default_factory=lambda: deque(maxlen=WINDOW))


@dataclass(slots=True)
class Bursts:
    """What one lane has seen of each wave."""

    waves: dict[int, _Wave] = field(default_factory=dict)

    def note(self, wave_id: int, verdict: Verdict) -> str:
        """Count one verdict; the reason to pause the wave when it is one too many, else nothing."""
        seen = self.waves.setdefault(wave_id, _Wave())
        if verdict not in SAYS_NOTHING_OF_US:
            seen.in_a_row = seen.in_a_row + 1 if verdict in REFUSED else 0
        if verdict not in (Verdict.LATER, Verdict.NOT_SENT):
            seen.lately.append(verdict in REFUSED or verdict is Verdict.NO_SUCH_ADDRESS)
        reason = ALL_REFUSED if seen.in_a_row >= IN_A_ROW else self._of_many(seen)
        if reason:
            # Whoever lets it go on is given as many mails again.
            del self.waves[wave_id]
        return reason

    def _of_many(self, seen: _Wave) -> str:
        is_full = len(seen.lately) == WINDOW
        return MANY_REFUSED if is_full and 2 * sum(seen.lately) >= WINDOW else ""
