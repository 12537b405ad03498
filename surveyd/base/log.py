"""Structured logs: one JSON object a line, in UTC, with ids and never with what people wrote.

A caller passes facts by `extra={"facts": {...}}`: ids, counts, states. Addresses, names,
tokens and answers have no place there; paths are masked before they come here.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime

TOKEN_IN_PATH = re.compile(r"/(s|u|p)/[^/?\s\"']+")


class JsonLines(logging.Formatter):
    """One record as one line; what would break the line is escaped by JSON."""

    def format(self, record: logging.LogRecord) -> str:
        facts = getattr(record, "facts", {})
        # The facts go first: none may take the place of when, how bad, who and what.
        line: dict[str, object] = {
            **facts,
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "who": record.name,
            "what": mask(record.getMessage()),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = type(record.exc_info[1]).__name__
            line["where"] = _where(record.exc_info[1])
        return json.dumps(line, ensure_ascii=True, default=str)


def mask(text: str) -> str:
    """The text with personal links blotted out."""
    return TOKEN_IN_PATH.sub(r"/\1/-", text)


def start_logging(level: int = logging.INFO) -> None:
    """Send all logs of this process to standard error as JSON lines; a second call changes nothing more."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("rq.worker", "sqlalchemy", "_granian", "granian.access", "mail.log"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _where(error: BaseException) -> list[str]:
    # File, line and function only: the message of an exception can hold what a person typed.
    frames = []
    trace = error.__traceback__
    while trace:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames[-6:]
