"""Where the customers are: regions with their places, time zones, telephones, and habits of answering."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A town's facts. In `phone` each # is any digit; nobody can be reached by such a number.

    Where a country keeps numbers for films they are used; elsewhere a subscriber's part begins with a
    digit that none there begins with. `language` is spoken there where it is not the region's.
    """

    share: float
    country: str
    time_zone: str
    phone: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Region:
    """A region: its share of the accounts, and how answers there shift and spread, whatever is felt."""

    name: str
    share: float
    tongue: str
    language: str
    shift: float
    spread: float
    places: tuple[Place, ...]


REGIONS = (
    Region(
        "North America",
        0.35,
        "english",
        "en",
        0.20,
        1.05,
        (
            Place(0.30, "US", "America/New_York", "+1 212 555 01##"),
            Place(0.25, "US", "America/Chicago", "+1 312 555 01##"),
            Place(0.10, "US", "America/Denver", "+1 303 555 01##"),
            Place(0.20, "US", "America/Los_Angeles", "+1 415 555 01##"),
            Place(0.15, "CA", "America/Toronto", "+1 416 555 01##"),
        ),
    ),
    Region(
        "DACH",
        0.20,
        "german",
        "de",
        -0.10,
        1.0,
        (
            Place(0.40, "DE", "Europe/Berlin", "+49 30 23125 ###"),
            Place(0.30, "DE", "Europe/Berlin", "+49 89 99998 ###"),
            Place(0.15, "AT", "Europe/Vienna", "+43 1 000 0###"),
            Place(0.15, "CH", "Europe/Zurich", "+41 44 000 0# ##"),
        ),
    ),
    Region(
        "France and UK",
        0.20,
        "channel",
        "en",
        -0.20,
        0.95,
        (
            Place(0.50, "GB", "Europe/London", "+44 20 7946 0###"),
            Place(0.50, "FR", "Europe/Paris", "+33 1 99 00 ## ##", "fr"),
        ),
    ),
    Region(
        "Latin America",
        0.10,
        "latin",
        "en",
        0.30,
        1.15,
        (
            Place(0.45, "BR", "America/Sao_Paulo", "+55 11 0000 0###"),
            Place(0.35, "MX", "America/Mexico_City", "+52 55 0000 0###", "es"),
            Place(0.20, "CL", "America/Santiago", "+56 2 0000 0###", "es"),
        ),
    ),
    Region(
        "Asia Pacific",
        0.15,
        "pacific",
        "en",
        -0.30,
        0.85,
        (
            Place(0.35, "AU", "Australia/Sydney", "+61 2 5550 ####"),
            Place(0.25, "SG", "Asia/Singapore", "+65 2000 0###"),
            Place(0.20, "IN", "Asia/Kolkata", "+91 22 0000 0###"),
            Place(0.20, "JP", "Asia/Tokyo", "+81 3 0000 0###", "ja"),
        ),
    ),
)
