"""Pages of long lists by the place where the last one ended: equally quick on every page, and nothing shown twice."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from certify.db import db

Row = TypeVar("Row")


def page_after(
    rows: Select[Any],
    key: Sequence[InstrumentedAttribute[Any]],
    last: Sequence[Any] | None,
    limit: int,
    *,
    down: bool = False,
) -> tuple[list[Any], list[Any] | None]:
    """Up to `limit` rows after the one with the values `last`, and the values of the last of them when more follow.

    `key` are the columns of the order, the last of them unique; `down` turns the order round.
    """
    if last is not None:
        steps = []
        for place, column in enumerate(key):
            same = [earlier == value for earlier, value in zip(key[:place], last, strict=False)]
            steps.append(and_(*same, column < last[place] if down else column > last[place]))
        rows = rows.where(or_(*steps))
    ordered = rows.order_by(*(column.desc() if down else column for column in key)).limit(limit + 1)
    found = list(db.session.scalars(ordered))
    if len(found) <= limit:
        return found, None
    end = found[limit - 1]
    return found[:limit], [getattr(end, column.key) for column in key]
