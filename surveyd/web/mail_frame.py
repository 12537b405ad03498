"""A mail's HTML alone, for a frame on a page: without scripts, forms or network.

A mail is a stranger's document. Its own styles work in the frame and nowhere else, and a link in it opens a
new tab.
"""

from flask import Response

MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
HEAD = "<head>"
NEW_TAB = '<base target="_blank">'


def framed(html: str) -> Response:
    """The answer that a frame shows."""
    response = Response(html.replace(HEAD, HEAD + NEW_TAB, 1), mimetype="text/html")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response
