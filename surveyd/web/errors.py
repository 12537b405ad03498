"""The only place where an error becomes a page: what happened, what is safe, what to do next.

A page never shows what went wrong inside; that stands in the log. Whoever asks for JSON gets JSON.
"""

import logging
from dataclasses import dataclass

import redis
from flask import Flask, Response, jsonify, make_response, render_template, request
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from surveyd.base.errors import NotFound, NotYet, Refused, SurveydError, Unavailable
from surveyd.web.wording import web_words

log = logging.getLogger("surveyd.web")

DOWN = (OperationalError, InterfaceError, PoolTimeout, redis.RedisError)


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What the error page shows."""

    status: int
    title: str
    text: str
    language: str
    direction: str
    staff: bool


def open_errors(app: Flask) -> None:
    """Turn every error that leaves a view into an answer."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(SurveydError, _own_error)
    app.register_error_handler(SQLAlchemyError, _database_error)
    app.register_error_handler(redis.RedisError, _database_error)
    app.register_error_handler(Exception, _bug)


def error_page(status: int, sentence: str = "") -> Response:
    """The answer for `status`; `sentence`, when given, is safe to show and says it more exactly."""
    staff = request.path.startswith(("/staff", "/demo"))
    words = web_words() if staff else web_words(*request.accept_languages.values())
    title, text = words.error(status).title, sentence or words.error(status).text
    if _wants_json():
        response = jsonify(error={"status": status, "title": title, "text": text})
    else:
        page = ErrorPage(status, title, text, words.language, words.direction, staff)
        response = make_response(render_template("errors/page.html", page=page))
    response.status_code = status
    return response


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response())
    response = error_page(status)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    if status == 429:
        response.headers.setdefault("Retry-After", "60")
    return response


def _own_error(error: SurveydError) -> Response:
    if isinstance(error, NotYet):
        return error_page(404, str(error))
    if isinstance(error, NotFound):
        return error_page(404)
    if isinstance(error, Refused):
        return error_page(409, str(error))
    if isinstance(error, Unavailable):
        log.error("something outside does not answer", exc_info=error)
        return error_page(503)
    return _bug(error)


def _database_error(error: Exception) -> Response:
    if not isinstance(error, DOWN):
        return _bug(error)
    log.error("the database or the queue does not answer", exc_info=error)
    response = error_page(503)
    response.headers["Retry-After"] = "30"
    return response


def _bug(error: Exception) -> Response:
    log.error(
        "an error that nobody expected", exc_info=error, extra={"facts": {"endpoint": request.endpoint}}
    )
    return error_page(500)


def _wants_json() -> bool:
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html")
    return request.path == "/health" or best == "application/json"
