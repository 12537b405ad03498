"""What stands around every answer: who may ask under which name, and the headers of every page."""

from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from surveyd.base.config import Config

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
A_YEAR = "max-age=31536000"
LARGEST_BODY = 1024 * 1024
LARGEST_FILE = 50 * 1024 * 1024
FILES = frozenset({"staff.take_upload"})
"""The pages that take a file: the guard has let an admin pass before its body is read."""
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def open_headers(app: Flask, config: Config) -> None:
    """Trust the configured host names and proxies only, cap what may be sent, and set every answer's headers.

    A view may replace a header by setting it itself; nothing but static files may be kept by a cache.
    """
    base = urlsplit(config.base_url)
    app.config["TRUSTED_HOSTS"] = [f"[{base.hostname}]" if ":" in (base.hostname or "") else base.hostname]
    app.config["TRUSTED_HOSTS"] += [name for name in LOOPBACK if name not in app.config["TRUSTED_HOSTS"]]
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_BODY
    always = dict(HEADERS)
    if base.scheme == "https":
        always["Strict-Transport-Security"] = A_YEAR
    if config.proxies:
        # The host is not taken from a proxy: links are made from the configured address alone.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's documented place for middleware
            app.wsgi_app, x_for=config.proxies, x_proto=config.proxies, x_host=0, x_port=0, x_prefix=0
        )

    @app.before_request
    def take_files() -> None:
        if request.endpoint in FILES:
            request.max_content_length = LARGEST_FILE

    static = [(name.lower(), (name, value)) for name, value in always.items()]
    other = [*static, ("cache-control", ("Cache-Control", "no-store"))]

    @app.after_request
    def set_headers(response: Response) -> Response:
        there = {name.lower() for name, _ in response.headers}
        wanted = static if request.endpoint == "static" else other
        response.headers.extend([header for name, header in wanted if name not in there])
        return response
