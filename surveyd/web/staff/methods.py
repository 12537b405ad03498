"""How figures are worked out: the pages of docs/method, as docs/method/make.py has drawn them."""

from functools import cache

from flask import current_app, render_template
from jinja2 import Environment

from surveyd.base.errors import NotFound
from surveyd.web.staff.frame import bp

FOLDER = "method/"


@bp.get("/method")
def methods() -> str:
    """All of them by name."""
    topics = _topics(current_app.jinja_env)
    return render_template("staff/method.html", topic="", topics=topics)


@bp.get("/method/<topic>")
def method(topic: str) -> str:
    """One of them: the formula, an example by hand, the source, and when not to use it."""
    topics = _topics(current_app.jinja_env)
    if topic not in topics:
        raise NotFound("method", topic)
    return render_template("staff/method.html", topic=topic, topics=topics, page=f"{FOLDER}{topic}.html")


@cache
def _topics(templates: Environment) -> dict[str, str]:
    """The title of each page by its name, by title."""
    names = templates.list_templates(filter_func=lambda name: name.startswith(FOLDER))
    found = {name.removeprefix(FOLDER).removesuffix(".html"): _title(templates, name) for name in names}
    return dict(sorted(found.items(), key=lambda one: one[1].casefold()))


def _title(templates: Environment, name: str) -> str:
    source, _, _ = templates.loader.get_source(templates, name) if templates.loader else ("", None, None)
    return source.partition("<h1>")[2].partition("</h1>")[0]
