"""What the address of a list asks for; whatever it does not know falls back to the list as it comes."""

from collections.abc import Collection

from flask import request

from surveyd.base.keyset import Wanted

LONGEST_SEARCH = 100


def wanted(*, sorts: Collection[str], filters: Collection[str] = (), sort: str) -> Wanted:
    """Read `search`, `sort`, `after` and the named filters; `sort` is the order without a wish."""
    asked = request.args.get("sort", "")
    return Wanted(
        search=request.args.get("search", "").replace("\0", "").strip()[:LONGEST_SEARCH],
        sort=asked if asked.removeprefix("-") in sorts else sort,
        after=request.args.get("after", ""),
        filters={name: request.args.get(name, "").replace("\0", "").strip() for name in filters},
    )


def address_of(wish: Wanted, **changes: str) -> dict[str, str]:
    """The words of an address that asks for the same list with `changes`, from its first page on."""
    words = {"search": wish.search, "sort": wish.sort, **wish.filters, **changes}
    return {name: word for name, word in words.items() if word}
