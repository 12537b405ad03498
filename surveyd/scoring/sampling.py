"""Who is called back at random: permuted blocks.

Of each block of consecutive arrivals in a stratum a fixed number is drawn, and a keyed hash says which. So
the drawn rate is never off by more than one block's share, a retry draws the same people, and nobody without
the key can foresee the draw. Permuted blocks: Zelen, Journal of Chronic Diseases 1974; HMAC: RFC 2104.
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
    return _number(key, f"{wave}:{stratum}:{block}") % one_of == place


def is_among(arrival: int, *, key: bytes, wave: str, stratum: str, drawn: int, of: int) -> bool:
    """Say whether an arrival is among the ``drawn`` of its block: any rate ``of`` places, such as 2 of 5.

    For one drawn it is ``is_drawn``. Raises ValueError for an arrival below 0, a block without places, or
    more drawn than there are places.
    """
    if not 0 <= drawn <= of:
        raise ValueError("a block draws from none to all of its places.")
    if drawn == 1:
        return is_drawn(arrival, key=key, wave=wave, stratum=stratum, one_of=of)
    if arrival < 0 or of < 1:
        raise ValueError("arrivals count from 0, and a block has at least one place.")
    block, place = divmod(arrival, of)
    return place in _shuffled(of, key, f"{wave}:{stratum}:{block}")[:drawn]


def _shuffled(size: int, key: bytes, name: str) -> list[int]:
    """Return the places of a block in the order of their keyed hashes, which is as good as shuffled."""
    return sorted(range(size), key=lambda place: (_number(key, f"{name}:{place}", octets=8), place))


def _number(key: bytes, message: str, *, octets: int = 4) -> int:
    digest = hmac.new(key, message.encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:octets], "big")
