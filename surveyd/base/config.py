"""The configuration: one frozen dataclass, read from the environment and `surveyd.toml`.

Every setting is one row of SETTINGS: its name in the file (the environment's name is the same
in capitals with SURVEYD_ in front, and wins), its default, and what it means. The table in the
operator's documentation is held against it by a test.
"""

import contextlib
import errno
import hashlib
import os
import secrets
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from surveyd.base.clock import open_clock
from surveyd.base.errors import ConfigError, Finding
from surveyd.base.sending_domain import DOMAIN, SendingDomain, read_sending_domain
from surveyd.base.sending_domain import SETTINGS as SENDING_DOMAIN
from surveyd.base.tokens import Keys

HOME = Path(__file__).resolve().parents[2]
SETTINGS = {
    "database_url": ("", "SQLAlchemy URL; without one, SQLite in the data folder"),
    "redis_url": ("", "redis:// or unix:// URL; without one, the embedded queue in the data folder"),
    "base_url": ("http://127.0.0.1:8000", "what every link in a mail starts with"),
    "secret_key": ("", "32 characters or more; without one, made once and kept in the data folder"),
    "old_secret_keys": ("", "retired keys, separated by spaces; their links stay valid"),
    "smtp_url": ("smtp://127.0.0.1:25", "smtp://user:pass@host:port?starttls=1, or smtps://"),
    "smtp_connections": ("1", "open connections a sender keeps to the relay"),
    "mail_domain": ("", "domain of Message-ID and return path; without one, the host of base_url"),
    "data": ("", "folder for everything that is kept in files"),
    "proxies": ("0", "how many proxies in front are trusted to name the client"),
    "env": ("production", "production, demo or test"),
    "clock": ("system", "system, or file:PATH with an ISO instant (refused in production)"),
    "alert_url": ("", "address that is called with JSON when something is red; without one, mails only"),
    **SENDING_DOMAIN,
}
ENVIRONMENTS = ("production", "demo", "test")
SOCKET_PATH_LIMIT = 100
SHORTEST_KEY = 32


@dataclass(frozen=True, slots=True)
class Relay:
    """How to reach the SMTP relay; `repr` leaves the password out."""

    host: str
    port: int
    user: str
    password: str
    starttls: bool
    tls: bool

    def __repr__(self) -> str:
        return f"Relay({self.host}:{self.port})"


@dataclass(frozen=True, slots=True, repr=False)
class Config:
    """All settings, checked. `data` exists and is writable."""

    database_url: str
    redis_url: str
    base_url: str
    keys: Keys
    relay: Relay
    smtp_connections: int
    mail_domain: str
    data: Path
    proxies: int
    env: str
    clock: str
    alert_url: str
    sending_domain: SendingDomain

    @property
    def embedded_database(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def embedded_queue(self) -> bool:
        return self.redis_url == f"unix://{queue_socket(self.data)}"


class _Findings(list[Finding]):
    def note(self, code: str, sentence: str, hint: str) -> None:
        self.append(Finding(code, sentence, hint))


def load_config(
    environ: Mapping[str, str] | None = None, defaults: Mapping[str, str] | None = None, **overrides: str
) -> Config:
    """The configuration from `defaults`, the file, the environment and `overrides`, later ones winning.

    Raises ConfigError with every finding at once.
    """
    environ = os.environ if environ is None else environ
    findings = _Findings()
    given = {name: default for name, (default, _) in SETTINGS.items()} | dict(defaults or {})
    given |= _from_file(environ, findings)
    given |= {name: environ[key] for name in SETTINGS if (key := f"SURVEYD_{name.upper()}") in environ}
    given |= overrides
    config = _checked(given, findings)
    if findings or config is None:
        raise ConfigError(findings)
    return config


def queue_socket(data: Path) -> Path:
    """Where the embedded queue listens; a deep data folder gets a short path elsewhere."""
    path = data / "run" / "queue.sock"
    if len(str(path)) <= SOCKET_PATH_LIMIT:
        return path
    digest = hashlib.sha256(str(data).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"surveyd-{os.getuid()}-{digest}" / "queue.sock"


def _from_file(environ: Mapping[str, str], findings: _Findings) -> dict[str, str]:
    path = Path(environ.get("SURVEYD_CONFIG") or HOME / "surveyd.toml")
    if not path.is_file():
        if "SURVEYD_CONFIG" in environ:
            findings.note("C01", f"There is no file {path}.", "Correct SURVEYD_CONFIG or remove it.")
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        findings.note("C02", f"{path} is not valid TOML: {error}.", "Correct that line.")
        return {}
    for name in sorted(set(table) - set(SETTINGS)):
        findings.note("C03", f"{path} has an unknown setting {name!r}.", f"Known: {', '.join(SETTINGS)}.")
    return {name: _as_text(value) for name, value in table.items() if name in SETTINGS}


def _as_text(value: object) -> str:
    if isinstance(value, list):
        return " ".join(str(part) for part in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _checked(given: dict[str, str], findings: _Findings) -> Config | None:
    env = given["env"]
    if env not in ENVIRONMENTS:
        findings.note("C04", f"SURVEYD_ENV is {env!r}.", f"Use one of {', '.join(ENVIRONMENTS)}.")
    _check_clock(given["clock"], env, findings)
    relay = _relay(given["smtp_url"], findings)
    host = _host_of(given["base_url"], findings)
    mail_domain = given["mail_domain"] or host
    if mail_domain and not DOMAIN.fullmatch(mail_domain):
        findings.note("C12", f"SURVEYD_MAIL_DOMAIN is {mail_domain!r}.", "Use a domain such as mail.example.")
    if given["alert_url"] and _split(given["alert_url"]).scheme not in ("http", "https"):
        findings.note(
            "C17", "SURVEYD_ALERT_URL cannot be read.", "Use an address such as https://alerts.example."
        )
    connections = _whole("smtp_connections", given, 1, findings)
    proxies = _whole("proxies", given, 0, findings)
    most = _whole("second_person_above", given, 0, findings)
    domain = read_sending_domain(given, second_person_above=most, note=findings.note)
    data = _data_folder(given["data"], findings)
    keys = _keys(given, data, findings)
    if findings or not (data and keys and relay):
        return None
    return Config(
        database_url=given["database_url"] or f"sqlite:///{data / 'surveyd.db'}",
        redis_url=given["redis_url"] or f"unix://{queue_socket(data)}",
        base_url=given["base_url"].rstrip("/"),
        keys=keys,
        relay=relay,
        smtp_connections=connections,
        mail_domain=mail_domain,
        data=data,
        proxies=proxies,
        env=env,
        clock=given["clock"],
        alert_url=given["alert_url"],
        sending_domain=domain,
    )


def _check_clock(setting: str, env: str, findings: _Findings) -> None:
    try:
        clock = open_clock(setting)
    except ValueError as error:
        findings.note("C06", f"SURVEYD_CLOCK: {error}.", "Leave it out to use the machine's clock.")
        return
    if clock.replays and env == "production":
        findings.note(
            "C07", "SURVEYD_CLOCK is set in production.", "Remove it, or set SURVEYD_ENV to test or demo."
        )


def _split(url: str) -> SplitResult:
    """The parts of a URL; of one that is none, with a port that is none, empty parts."""
    try:
        parts = urlsplit(url)
        return parts if parts.port != 0 else urlsplit("")
    except ValueError:
        return urlsplit("")


def _host_of(url: str, findings: _Findings) -> str:
    parts = _split(url)
    # Links are this and a path; one outside ASCII could not stand in a mail's header.
    if (
        parts.scheme in ("http", "https")
        and parts.hostname
        and url.isascii()
        and not (parts.query + parts.fragment)
    ):
        return parts.hostname
    findings.note(
        "C05",
        f"SURVEYD_BASE_URL is {url!r}.",
        "Use a URL such as https://survey.example; write a domain outside ASCII as xn--.",
    )
    return ""


def _relay(url: str, findings: _Findings) -> Relay | None:
    parts = _split(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        # The URL can hold a password, so the sentence does not repeat it.
        findings.note("C08", "SURVEYD_SMTP_URL cannot be read.", "Use smtp://user:pass@host:port?starttls=1.")
        return None
    return Relay(
        host=parts.hostname,
        port=parts.port or (465 if parts.scheme == "smtps" else 25),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=parse_qs(parts.query).get("starttls", ["0"])[-1] == "1",
        tls=parts.scheme == "smtps",
    )


def _whole(name: str, given: dict[str, str], least: int, findings: _Findings) -> int:
    text = given[name]
    if text.isascii() and text.isdigit() and int(text) >= least:
        return int(text)
    findings.note("C09", f"SURVEYD_{name.upper()} is {text!r}.", f"Use a whole number of {least} or more.")
    return least


def _data_folder(setting: str, findings: _Findings) -> Path | None:
    path = (Path(setting) if setting else HOME / "data").expanduser().resolve()
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        (path / "run").mkdir(exist_ok=True, mode=0o700)
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        findings.note(
            "C10", f"The data folder {path} cannot be used: {error.strerror}.", "Set SURVEYD_DATA to another."
        )
        return None
    return path


def _keys(given: dict[str, str], data: Path | None, findings: _Findings) -> Keys | None:
    secret = given["secret_key"]
    if not secret:
        if data is None:
            return None  # the finding about the folder says why
        secret = _kept_secret(data)
    retired = given["old_secret_keys"].split()
    if len(secret) < SHORTEST_KEY:
        findings.note(
            "C11", "SURVEYD_SECRET_KEY is shorter than 32 characters.", "Make one: openssl rand -hex 32."
        )
    if any(len(key) < SHORTEST_KEY for key in retired):
        findings.note(
            "C13", "SURVEYD_OLD_SECRET_KEYS has a key shorter than 32 characters.", "Remove that one."
        )
    return Keys(tuple(key.encode() for key in [secret, *retired]))


def _kept_secret(data: Path) -> str:
    path = data / "secret-key"
    if not path.exists():
        # Written aside and linked: of two processes that start together one wins, none reads half a key.
        draft = data / f"secret-key.{os.getpid()}"
        with open(
            os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="ascii"
        ) as file:
            file.write(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text(encoding="ascii").strip()
