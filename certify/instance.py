"""The installation: keys, store and, on SQLite, the database, in folders that only the service's own user opens.

Two commands make one, `db upgrade` and `demo`. All else refuses where there is none and makes nothing: the name may be
mistyped, and an empty register would call genuine certificates false.
"""

import os
import stat
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from certify.config import ROOT, SECRETS, StartRefused
from certify.db import db

# The first letters of all that may lie in the folder; in one with other things the modes are not ours to change.
OURS = (
    "certify.sqlite3",
    "worker.sqlite3",
    *SECRETS.values(),
    "storage",
    "heavy-",
    "printed",
    ".gitignore",
    "lost+found",
)
_BESIDE = ("", "-wal", "-shm", "-journal")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make(app: Flask) -> None:
    """Make what is missing, all of it closed to other users. Raises `StartRefused`."""
    folder, file = Path(app.config["INSTANCE"]), sqlite_file(app)
    try:
        for each in (folder, Path(app.config["STORAGE"]), *([file.parent] if file else [])):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
        _close(app)
        for name in app.config["UNKEPT"]:
            _keep(folder / SECRETS[name], app.config[name])
        app.config["UNKEPT"] = ()
        if file:
            closed_file(file)
    except OSError as error:
        raise StartRefused(f"{error.filename} can't be made or written: {error.strerror}.") from error


def enter(app: Flask, *, any_version: bool = False, patient: bool = False) -> None:
    """Raise `StartRefused` unless the whole installation is there, with the tables of this program.

    `any_version`: tables of another version will do; `patient`: a server that does not answer yet is waited for by
    whoever asks for a page. Files that other users could read are closed.
    """
    folder, file = Path(app.config["INSTANCE"]), sqlite_file(app)
    if file is not None and not (file.is_file() and file.stat().st_size):
        raise StartRefused(_nothing("database", file.parent))
    if app.config["UNKEPT"]:
        raise StartRefused(_nothing("key", folder))
    _close(app)
    with app.app_context():
        fault = _fault_of_tables(db.engine, any_version, patient)
    if fault:
        raise StartRefused(fault)


def sqlite_file(app: Flask) -> Path | None:
    """The file of the database; None for a server, and for one in memory."""
    with app.app_context():
        url = db.engine.url
    if url.get_backend_name() != "sqlite" or url.database in {None, "", ":memory:"}:
        return None
    return Path(str(url.database))


def closed_file(path: Path) -> None:
    """Make the file, empty, unless it is there; SQLite gives the files beside it the same mode."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))


def newest_tables() -> str:
    """The number of the newest migration, without loading the tool that runs them."""
    return max(path.name[:4] for path in (ROOT / "certify" / "migrations" / "versions").glob("[0-9]*.py"))


def _nothing(what: str, folder: Path) -> str:
    return f"There is no {what} in {folder}; set CERTIFY_INSTANCE or run ./run.sh setup."


def _keep(path: Path, secret: str) -> None:
    """Whole or not at all, and never in the place of another one."""
    with TemporaryDirectory(dir=path.parent, prefix="storage-") as folder:
        written = Path(folder) / path.name
        closed_file(written)
        written.write_text(secret, encoding="ascii")
        try:
            path.hardlink_to(written)
        except FileExistsError:
            raise StartRefused(f"Another program made {path} at this moment; run this command again.") from None


def _fault_of_tables(engine: Engine, any_version: bool, patient: bool) -> str:
    try:
        with engine.connect() as connection:
            version = _version(connection)
            # Closed, not kept: a server makes processes of itself later, and they must not share a connection. The
            # pool itself may serve whoever called, so it stays.
            connection.detach()
    except DBAPIError as error:
        said = str(error.orig).strip().splitlines() or [type(error).__name__]
        return "" if patient else f"The database can't be opened: {said[0]}"
    newest = newest_tables()
    if version is None:
        return (
            "The database has no tables of this program; set DATABASE_URL or CERTIFY_INSTANCE, or run ./run.sh setup."
        )
    if any_version or version == newest:
        return ""
    if version < newest:
        return f"The database is of an older version ({version}, needed: {newest}); run ./run.sh setup."
    return f"The database is of a newer version ({version}, known here: {newest}); update this program."


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _close(app: Flask) -> None:
    """Take the rights of other users away. Raises `StartRefused` where that is not ours to do."""
    folder, file = Path(app.config["INSTANCE"]), sqlite_file(app)
    bases = [folder / "worker.sqlite3", *([file] if file else [])]
    files = [base.with_name(base.name + end) for base in bases for end in _BESIDE]
    files += [folder / name for name in SECRETS.values()]
    for path in files:
        _close_one(path, 0o600)
    if not (_is_open(folder) and (foreign := _foreign(folder))):
        _close_one(folder, 0o700)
        return
    raise StartRefused(
        f"Other users can read {folder}, which holds more than this service ({foreign}): give the service a folder of "
        f"its own by CERTIFY_INSTANCE, or close this one: chmod 700 {folder}"
    )


def _is_open(path: Path) -> bool:
    return path.exists() and bool(path.stat().st_mode & _OTHERS)


def _foreign(folder: Path) -> str:
    """Something in the folder that is not ours; below this program's own folder everything is."""
    if folder.is_relative_to(ROOT) and folder != ROOT:
        return ""
    return next((path.name for path in sorted(folder.iterdir()) if not path.name.startswith(OURS)), "")


def _close_one(path: Path, mode: int) -> None:
    if not _is_open(path):
        return
    try:
        path.chmod(mode)
    except OSError as error:
        raise StartRefused(
            f"Other users can read {path}, and this user may not change that ({error.strerror}). As its owner run: "
            f"chmod {mode:o} {path}"
        ) from error
