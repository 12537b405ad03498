"""Lists of tags as DKIM and DMARC write them: `name=value; name=value`."""

import re

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def read_tags(text: str) -> dict[str, str] | None:
    """The tags in their order, values trimmed; None for what is no such list. Names are lower case."""
    tags: dict[str, str] = {}
    for part in text.split(";"):
        if not part.strip():
            continue
        name, sign, value = part.partition("=")
        name = name.strip()
        if not sign or not NAME.fullmatch(name) or name.lower() in tags:
            return None
        tags[name.lower()] = value.strip()
    return tags or None
