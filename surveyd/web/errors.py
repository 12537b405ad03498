"""The only place where an error becomes a page: what happened, what is safe, what to do next.

A page never shows what went wrong inside; that stands in the log. Whoever asks for JSON gets JSON.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import redis
from flask import Flask, Response, jsonify, make_response, render_template, request
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from surveyd.base.errors import NotFound, Refused, SurveydError, Unavailable

log = logging.getLogger("surveyd.web")

Words = tuple[str, str]
"""A title and one paragraph."""

ENGLISH: Mapping[int, Words] = {
    400: (
        "This request could not be read",
        "Go back, reload the page and try again. If you followed a link, type the address by hand.",
    ),
    401: ("Please sign in", "This page is for people who are signed in."),
    403: (
        "This page is not for your role",
        "You are signed in, but your role does not open this page. Ask a program admin if it should.",
    ),
    404: (
        "There is nothing here",
        (
            "The address may be mistyped or cut in two by a mail program, or the page is not for you. "
            "Copy the whole link and try again."
        ),
    ),
    405: ("This address does not work that way", "Go back and use the page's own buttons and links."),
    409: ("This cannot be done now", "Go back and reload the page to see how things stand."),
    413: ("That was too much at once", "Shorten the text or the file, then send it again."),
    429: (
        "Too many tries",
        "Wait a few minutes, then try again. A correct personal link works all the time.",
    ),
    500: (
        "Something went wrong on our side",
        "What was saved before is safe. Try again in a moment; if it happens again, tell the operator.",
    ),
    503: (
        "We cannot answer right now",
        "What you have sent before is safe. Please try again in a few minutes.",
    ),
}
GERMAN: Mapping[int, Words] = {
    400: (
        "Diese Anfrage war nicht lesbar",
        "Gehen Sie zurück, laden Sie die Seite neu und versuchen Sie es noch einmal.",
    ),
    401: ("Bitte melden Sie sich an", "Diese Seite ist für angemeldete Personen."),
    403: ("Diese Seite ist nicht für Ihre Rolle", "Fragen Sie die Programmleitung, wenn Sie sie brauchen."),
    404: (
        "Hier ist nichts",
        (
            "Vielleicht ist die Adresse vertippt oder vom Mailprogramm zerteilt. "
            "Kopieren Sie den ganzen Link und versuchen Sie es noch einmal."
        ),
    ),
    405: ("So geht es an dieser Adresse nicht", "Gehen Sie zurück und nutzen Sie die Knöpfe der Seite."),
    409: ("Das geht gerade nicht", "Gehen Sie zurück und laden Sie die Seite neu."),
    413: ("Das war zu viel auf einmal", "Kürzen Sie den Text oder die Datei und senden Sie noch einmal."),
    429: (
        "Zu viele Versuche",
        "Warten Sie ein paar Minuten. Ein richtiger persönlicher Link geht jederzeit.",
    ),
    500: (
        "Bei uns ist etwas schiefgegangen",
        "Was schon gespeichert war, ist sicher. Versuchen Sie es gleich noch einmal.",
    ),
    503: (
        "Wir können gerade nicht antworten",
        "Was Sie schon gesendet haben, ist sicher. Bitte versuchen Sie es in ein paar Minuten noch einmal.",
    ),
}
BY_LANGUAGE = {"en": ENGLISH, "de": GERMAN}
DOWN = (OperationalError, InterfaceError, PoolTimeout, redis.RedisError)


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What the error page shows."""

    status: int
    title: str
    text: str
    language: str
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
    language = "en" if staff else request.accept_languages.best_match(BY_LANGUAGE, "en")
    words = BY_LANGUAGE[language]
    title, text = words.get(status) or words[500 if status >= 500 else 400]
    if _wants_json():
        response = jsonify(error={"status": status, "title": title, "text": sentence or text})
    else:
        page = ErrorPage(status, title, sentence or text, language, staff)
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
