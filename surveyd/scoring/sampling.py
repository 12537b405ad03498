"""Who is called back at random: permuted blocks.

Of each block of consecutive arrivals in a stratum exactly one is drawn, and a keyed hash says which. So the
drawn rate is never off by more than one, a retry draws the same people, and nobody without the key can
foresee the draw.
"""

import hashlib
import hmac


def is_drawn(arrival: int, *, key: bytes, wave: str, stratum: str, one_of: int = 4) -> bool:
    """Say whether arrival number ``arrival`` (from 0) of ``stratum`` in ``wave`` is the one its block draws.

    Raises ValueError for an arrival below 0 or a block without places.
    """
    if arrival < 0 or one_of < 1:
        raise ValueError("arrivals count from 0, and a block has at least one place.")
    block, place = divmod(arrival, one_of)
    digest = hmac.new(key, f"{wave}:{stratum}:{block}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:4], "big") % one_of == place
