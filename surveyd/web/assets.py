"""Static files under addresses that change with their content, so that browsers may keep them for good."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask

DIGITS = 10


def open_assets(app: Flask) -> None:
    """Give templates `asset("name.css")`."""
    folder = Path(app.static_folder or "")
    prefix = app.static_url_path

    @cache
    def asset(name: str) -> str:
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        return f"{prefix}/{name}?v={digest[:DIGITS]}"

    app.jinja_env.globals["asset"] = asset
