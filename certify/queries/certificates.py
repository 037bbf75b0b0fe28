"""The public register: certificates with the status that they have today, and the numbers that texts name."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from certify.db import db
from certify.domain.certificate_numbers import keys_in
from certify.domain.errors import NotFound
from certify.domain.search_words import voivodeship_word
from certify.domain.validity import Validity, validity_on
from certify.models.certificate import Certificate
from certify.models.search import Kind
from certify.queries.paging import page_after
from certify.queries.search import found, matching
from certify.timing import today

# The longest text that a number is looked for in.
MAX_TEXT = 1_000
# What is looked at of a file's text, how many of its words may be a number, and how many keys they may give.
MAX_FILE_TEXT = 200_000
MAX_NAMED = 200
MAX_KEYS = 2_000
_NUMBER = re.compile(r"[^\W_]+(?:[/.‐‑–-][^\W_]+){1,7}")
_YEAR = re.compile(r"\d{4}")
PAGE = 50


def validity(certificate: Certificate, day: date | None = None) -> Validity:
    """The status of a certificate on a day, today unless told."""
    return validity_on(
        day or today(),
        certificate.valid_from,
        certificate.valid_until,
        certificate.expiring_months,
        [(event.kind, event.on) for event in certificate.events],
    )


def path_form(number: str) -> str:
    """A certificate's number as it stands in addresses: OSL/2026/0012 becomes OSL-2026-0012."""
    return number.strip().upper().replace("/", "-").replace(" ", "")


def find(text: str) -> Certificate | None:
    """The certificate whose number the text is or holds, however it is written: "nr osl 2026 oo12." is OSL/2026/0012.

    Of several numbers the last one counts. A number that could mean several certificates means none of them.
    """
    if not text.strip() or len(text) > MAX_TEXT:
        return None
    exact = db.session.scalar(select(Certificate).where(Certificate.path_number == path_form(text)))
    if exact is not None:
        return exact
    keys = keys_in(text)
    return _by_key(Certificate.parts_key, keys.parts) or _by_key(Certificate.bare_key, keys.bare)


def _by_key(column: InstrumentedAttribute[str], keys: Sequence[str]) -> Certificate | None:
    """The certificate with the first of the keys that belongs to one certificate and no other."""
    rows = db.session.execute(select(column, Certificate.id).where(column.in_(keys))).all()
    owners = Counter(key for key, _ in rows)
    ids = {key: row for key, row in rows if owners[key] == 1}
    best = next((ids[key] for key in keys if key in ids), None)
    return None if best is None else db.session.get_one(Certificate, best)


def by_number(number: str) -> Certificate:
    """Like `find`; raises `NotFound("certificate_not_found")`."""
    found = find(number)
    if found is None:
        raise NotFound("certificate_not_found")
    return found


def of_application(application_id: int) -> Certificate | None:
    """The certificate that a case led to."""
    return db.session.scalar(select(Certificate).where(Certificate.application_id == application_id))


@dataclass(frozen=True)
class RegisterPage:
    """Up to `PAGE` entries in Polish alphabetical order, which page this is (from 1), of how many, and the total.

    Of what was searched for only a thousand entries are counted and shown; `more` tells that there are others.
    """

    entries: tuple[Certificate, ...]
    page: int
    pages: int
    total: int
    more: bool = False


def register(voivodeship: str = "", words: str = "", page: int = 1) -> RegisterPage:
    """One page of the register; all `words` must stand in the holder, the unit, the address, the area or the number."""
    rows, more = select(Certificate.id), False
    if words:
        ids, more = found(Kind.CERTIFICATE, words, beside=[voivodeship_word(voivodeship)] if voivodeship else [])
        rows = rows.where(Certificate.id.in_(ids))
    elif voivodeship:
        rows = rows.where(Certificate.voivodeship == voivodeship)
    total = len(ids) if words else db.session.scalar(select(func.count()).select_from(rows.subquery())) or 0
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    ordered = rows.order_by(Certificate.holder_sort_key, Certificate.id)
    shown = db.session.scalars(ordered.offset((page - 1) * PAGE).limit(PAGE)).all()
    return RegisterPage(_entries(shown), page, pages, total, more)


def register_after(
    last: Sequence[Any] | None, limit: int, *, voivodeship: str | None, scheme: str | None, words: str | None
) -> tuple[Sequence[Certificate], list[Any] | None]:
    """Up to `limit` entries of the register behind the place `last`, and the place of the last of them if more follow.

    The order and the meaning of `words` are those of `register`.
    """
    key = (Certificate.holder_sort_key, Certificate.id)
    rows = select(Certificate).options(selectinload(Certificate.events))
    for column, value in ((Certificate.voivodeship, voivodeship), (Certificate.scheme, scheme)):
        rows = rows.where(column == value) if value else rows
    return page_after(rows.where(matching(Kind.CERTIFICATE, Certificate.id, words or "")), key, last, limit)


def _entries(ids: Sequence[int]) -> tuple[Certificate, ...]:
    rows = select(Certificate).where(Certificate.id.in_(ids)).options(selectinload(Certificate.events))
    by_id = {one.id: one for one in db.session.scalars(rows)}
    return tuple(by_id[one] for one in ids)


def with_digest(sha256: str) -> Certificate | None:
    """The certificate that was issued as the file with this digest."""
    return db.session.scalar(
        select(Certificate).where(Certificate.pdf_sha256 == sha256).options(selectinload(Certificate.events))
    )


def named_in(text: str) -> Certificate | None:
    """The certificate of ours whose number stands first in a file's text; an entry of before this register has none.

    A paper names itself before it names the one that it replaces. Only what holds together by marks is looked up, for
    a file has many words.
    """
    words = dict.fromkeys(one for one in _NUMBER.findall(text[:MAX_FILE_TEXT]) if _YEAR.search(one))
    keys = dict.fromkeys(key for one in islice(words, MAX_NAMED) for key in keys_in(one).parts)
    found = _by_key(Certificate.parts_key, list(keys)[:MAX_KEYS])
    return found if found is not None and not found.source else None
