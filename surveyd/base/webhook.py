"""One call to an address that the operator has named in the configuration: a POST of JSON, no more."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

SECONDS = 5.0


class _StayThere(urllib.request.HTTPRedirectHandler):
    """The operator has named one address; another one is not gone to."""

    def redirect_request(self, *given: Any) -> None:
        return None


def call_hook(url: str, document: Mapping[str, object]) -> bool:
    """Whether the address took it (2xx) within five seconds. Never raises for what the other side does."""
    body = json.dumps(document).encode()
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})  # noqa: S310  # the operator's
    try:
        with urllib.request.build_opener(_StayThere).open(request, timeout=SECONDS) as answer:
            return bool(200 <= answer.status < 300)
    except (OSError, http.client.HTTPException, urllib.error.URLError, ValueError):
        return False
