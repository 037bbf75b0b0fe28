"""Settings from the environment, with safe defaults under the instance folder; an unsafe start is refused."""

import secrets
import zlib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from limits import parse_many

from certify.domain.errors import NotFound
from certify.rubrics import RubricFault, available, read_file
from certify.scan import address_of

ROOT = Path(__file__).resolve().parent.parent
EXIT_CONFIG = 78
# EX_TEMPFAIL of sysexits: too much is going on; trying again helps.
EXIT_BUSY = 75
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# Values that stand in examples and tutorials, so that everybody knows them.
KNOWN_SECRETS = frozenset(
    {"changeme", "change-me", "change_me", "secret-key", "secret_key", "supersecret", "super-secret"}
)
SECRET_MIN = 32
# Settings that are random and kept in files of the instance, by their names there.
SECRETS = {"SECRET_KEY": "secret_key", "SECURITY_PASSWORD_SALT": "password_salt"}
SESSION_HOURS_MAX = 168
# What a program may ask: with a token; without one, from one address; and checks of certificates, whose files are
# read to their end (see `api.gate`).
RATES = {"API_RATE": "600 per minute", "API_RATE_PUBLIC": "120 per minute", "API_RATE_VERIFY": "30 per minute"}


class StartRefused(Exception):
    """The service must not start like this; each sentence says what is wrong and what to do. Exit code 78."""

    def __init__(self, *sentences: str) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


def instance_path(environ: Mapping[str, str]) -> Path:
    """The folder for all that the service keeps when nothing else is configured."""
    return Path(environ.get("CERTIFY_INSTANCE") or ROOT / "instance").resolve()


def settings(environ: Mapping[str, str], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Flask's configuration. `overrides` win over the environment (tests, demo). Raises `StartRefused`."""
    instance = Path(overrides.get("INSTANCE") or instance_path(environ))
    public_url = environ.get("PUBLIC_URL") or f"http://127.0.0.1:{environ.get('PORT') or '8000'}"
    values: dict[str, Any] = {
        "INSTANCE": instance,
        "DEBUG": _switch(environ, "FLASK_DEBUG"),
        "DEMO": environ.get("CERTIFY_DEMO", "") == "1",
        "PUBLIC_URL": public_url.rstrip("/"),
        "TRUSTED": tuple(part.strip() for part in environ.get("TRUSTED_HOSTS", "").split(",") if part.strip()),
        "PROXIES": _number(environ, "PROXIES", 0),
        "INVITATION_MINUTES": _number(environ, "INVITATION_MINUTES", 60),
        "SESSION_IDLE_MINUTES": _number(environ, "SESSION_IDLE_MINUTES", 120),
        "SESSION_HOURS": _number(environ, "SESSION_HOURS", 12),
        "STORAGE": environ.get("STORAGE") or str(instance / "storage"),
        "CLAMD": environ.get("CLAMD", ""),
        "CLAMD_SECONDS": _number(environ, "CLAMD_SECONDS", 10),
        # For trying it out, and for receivers in one's own network: http and addresses inside.
        "WEBHOOK_ALLOW_PRIVATE": environ.get("WEBHOOK_ALLOW_PRIVATE", "") == "1",
        "PDF_ENGINE": environ.get("PDF_ENGINE") or "weasyprint",
        "RUBRICS_DIR": environ.get("RUBRICS_DIR") or str(ROOT / "rubrics"),
        "SQLALCHEMY_DATABASE_URI": environ.get("DATABASE_URL") or f"sqlite:///{instance / 'certify.sqlite3'}",
        **_limits(),
        **{name: _rate(environ, name, default) for name, default in RATES.items()},
        **_security(),
        **overrides,
    }
    _find_secrets(values, environ, instance)
    values["SQLALCHEMY_DATABASE_URI"] = _driver(values["SQLALCHEMY_DATABASE_URI"])
    values["PERMANENT_SESSION_LIFETIME"] = timedelta(hours=values["SESSION_HOURS"])
    secure = urlsplit(values["PUBLIC_URL"]).scheme == "https"
    values["SESSION_COOKIE_SECURE"] = secure
    values["SESSION_COOKIE_NAME"] = "__Host-certify" if secure else "certify"
    _refuse_unsafe(values)
    return values


def _limits() -> dict[str, Any]:
    return {
        "MAX_CONTENT_LENGTH": 2**20,
        "MAX_FORM_MEMORY_SIZE": 2**20,
        "MAX_FORM_PARTS": 1000,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PROVIDE_AUTOMATIC_OPTIONS": False,
        "WTF_CSRF_TIME_LIMIT": None,
        "RATELIMIT_STORAGE_URI": "memory://",
        "BABEL_DEFAULT_LOCALE": "pl",
        "BABEL_DEFAULT_TIMEZONE": "Europe/Warsaw",
    }


def _security() -> dict[str, Any]:
    """Flask-Security's settings; its own pages are off, ours call its functions (`web/account.py`)."""
    return {
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SCHEMES": ["argon2", "plaintext"],
        "SECURITY_DEPRECATED_PASSWORD_SCHEMES": ["auto"],
        "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": {
            "argon2__type": "ID",
            "argon2__memory_cost": 65536,
            "argon2__time_cost": 3,
            "argon2__parallelism": 4,
        },
        "SECURITY_PASSWORD_LENGTH_MIN": 12,
        "SECURITY_JOIN_USER_ROLES": False,
        "SECURITY_CLI_USERS_NAME": False,
        "SECURITY_CLI_ROLES_NAME": False,
        "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": False,
    }


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit():
        raise StartRefused(f"{name} must be a whole number, not {text!r}.")
    return int(text)


def _switch(environ: Mapping[str, str], name: str) -> bool:
    text = environ.get(name, "").lower()
    if text not in {"", "0", "1", "false", "true", "no", "yes", "off", "on"}:
        raise StartRefused(f"{name} must be 1 or 0, not {text!r}.")
    return text in {"1", "true", "yes", "on"}


def _rate(environ: Mapping[str, str], name: str, default: str) -> str:
    text = environ.get(name) or default
    try:
        parse_many(text)
    except ValueError:
        raise StartRefused(f"{name} must be a rate such as {default!r}, not {text!r}.") from None
    return text


def _driver(uri: str) -> str:
    """The usual addresses of PostgreSQL name no driver; ours is psycopg."""
    scheme, _, rest = uri.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else uri


def _find_secrets(values: dict[str, Any], environ: Mapping[str, str], instance: Path) -> None:
    """From the environment or the instance's files; what is nowhere is made up, for `instance.make` to keep."""
    unkept = []
    if environ.get("CERTIFY_SECRET_KEY"):
        values.setdefault("SECRET_KEY", environ["CERTIFY_SECRET_KEY"])
    for name, file in SECRETS.items():
        if name in values:
            continue
        values[name] = _kept_secret(instance / file)
        if not values[name]:
            values[name] = secrets.token_urlsafe(48)
            unkept.append(name)
    values["UNKEPT"] = tuple(unkept)


def _kept_secret(path: Path) -> str:
    """The secret of this file; nothing when there is no file."""
    try:
        found = path.read_text("ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise StartRefused(f"The file {path} can't be read: {getattr(error, 'strerror', error)}.") from error
    if not found:
        raise StartRefused(
            f"The file {path} is empty: bring it back from a copy; where nothing is lost yet, delete it."
        )
    return found


def _refuse_unsafe(values: Mapping[str, Any]) -> None:
    url = urlsplit(values["PUBLIC_URL"])
    faults = []
    if url.scheme not in {"http", "https"} or not url.hostname:
        faults.append(f"PUBLIC_URL must be an address such as https://certify.example, not {values['PUBLIC_URL']!r}.")
    public = url.hostname not in LOOPBACK
    if public and values["DEBUG"]:
        faults.append("Debug mode shows the program's inside to everybody: unset FLASK_DEBUG, or serve on 127.0.0.1.")
    if public and url.scheme == "http":
        faults.append("A public PUBLIC_URL must begin with https://, or passwords travel in clear.")
    secret = str(values["SECRET_KEY"])
    if len(secret) < SECRET_MIN or _is_poor(secret):
        faults.append(f"CERTIFY_SECRET_KEY must be random and at least {SECRET_MIN} characters, or unset.")
    if values["PDF_ENGINE"] not in {"weasyprint", "pdfkit"}:
        faults.append(f"PDF_ENGINE must be weasyprint or pdfkit, not {values['PDF_ENGINE']!r}.")
    if not (1 <= values["SESSION_HOURS"] <= SESSION_HOURS_MAX and values["SESSION_IDLE_MINUTES"] >= 1):
        faults.append(f"SESSION_HOURS must be from 1 to {SESSION_HOURS_MAX}, SESSION_IDLE_MINUTES at least 1.")
    faults += _scanner_faults(values["CLAMD"])
    if faults:
        raise StartRefused(*faults)


def _is_poor(secret: str) -> bool:
    """True for what stands in examples, and for repetitions: what is random can't be packed into less."""
    packed = zlib.compress(secret.encode())
    return any(known in secret.lower() for known in KNOWN_SECRETS) or len(packed) < SECRET_MIN


def _scanner_faults(address: str) -> list[str]:
    if address:
        try:
            address_of(address)
        except ValueError:
            return [f"CLAMD must be unix:/run/clamav/clamd.ctl, tcp://127.0.0.1:3310 or unset, not {address!r}."]
    return []


def refuse_broken_rubrics(folder: Path) -> None:
    """Raise `StartRefused` with file, line, column and path of every fault, or when there is no standard at all."""
    files = available(folder)
    if not files:
        raise StartRefused(f"No standard in {folder}: put a file <scheme>/<version>.yaml there, or set RUBRICS_DIR.")
    sentences: list[str] = []
    for path in files.values():
        try:
            read_file(path)
        except RubricFault as error:
            sentences += str(error).splitlines()
        except NotFound as error:
            sentences.append(f"{path} can't be read: {error.details.get('reason')}.")
    if sentences:
        raise StartRefused(*sentences)
