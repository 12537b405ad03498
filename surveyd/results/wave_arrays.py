"""One wave as arrays: a place for each response, and a place for each invitation.

Names are written out as numbers: a channel, phase or segment is its place in CHANNELS, PHASES or SEGMENTS.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surveyd.responses.answers import AnswerChannel
from surveyd.scoring.loyalty import Segment

MISSING = -1
"""No recommendation, or no answer to an item."""
CHANNELS = tuple(AnswerChannel)
SEGMENTS = tuple(Segment)
Array = NDArray[Any]
Arrays = dict[str, Array]
Ids = NDArray[np.int64]
Small = NDArray[np.int8]
Kinds = NDArray[np.uint8]

ANSWERED: Mapping[str, type[np.generic]] = {
    "score_id": np.int64,
    "response_id": np.int64,
    "contact_id": np.int64,
    "account_id": np.int64,
    "version_id": np.int64,
    "given_at": np.int64,
    "scored_at": np.int64,
    "channel": np.uint8,
    "phase": np.uint8,
    "recommendation": np.int8,
    "attitude": np.float64,
    "intent": np.float64,
    "growth": np.float64,
    "ease": np.float64,
    "segment": np.uint8,
}
"""What each response has, and as what; stages and items have names of their own."""
ASKED = ("contact_id", "account_id")
"""What each invitation has."""
STAGE, ITEM = "stage:", "item:"
STAGE_TYPE, ITEM_TYPE = np.float32, np.int8
