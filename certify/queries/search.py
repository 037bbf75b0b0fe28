"""Finding by words, through an index: what it costs does not grow with the number of rows that are there."""

from collections.abc import Sequence
from operator import itemgetter

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, literal, select, true, union_all
from sqlalchemy.orm import InstrumentedAttribute

from certify.db import db
from certify.domain.search_words import wanted
from certify.models.search import Kind, SearchWord

# So many things at most are taken one by one. Who finds more adds a word; counting and sorting them all would take as
# long as there are things.
MOST = 1_000
# No text holds it, and every word that goes on with something comes before it.
_LAST = "\U0010ffff"


def found(kind: Kind, text: str, *, beside: Sequence[str] = ()) -> tuple[Sequence[int], bool]:
    """The ids of the things that have every word of `text`, or one that begins with it; and whether there are more.

    Up to `MOST` in no order: of more it is not said which. `beside` are words of the index itself, taken as they are.
    """
    words = wanted(text)
    if not words:
        return (), False
    ids = db.session.scalars(_with_all(kind, (*words, *beside)).limit(MOST + 1)).all()
    return ids[:MOST], len(ids) > MOST


def matching(kind: Kind, owner: InstrumentedAttribute[int], text: str) -> ColumnElement[bool]:
    """The same as a condition on a list that is complete and has its own order and other conditions.

    Few things are named; of many, a list in its order meets one soon. An empty text is met by everything.
    """
    words = wanted(text)
    if not words:
        return false() if text.strip() else true()
    ids = db.session.scalars(_with_all(kind, words).limit(MOST + 1)).all()
    return owner.in_(ids) if len(ids) <= MOST else and_(*(_has(kind, owner, word) for word in words))


def _with_all(kind: Kind, words: Sequence[str]) -> Select[int]:
    """Begins with the rarest word, so that the others are asked of few things."""
    counts = db.session.execute(union_all(*(_some(kind, word) for word in words))).all()
    rarest = min(counts, key=itemgetter(1))[0]
    others = (_has(kind, SearchWord.owner_id, word) for word in words if word != rarest)
    # A thing with two words of that beginning counts at the first; DISTINCT would lead SQLite to another index.
    return select(SearchWord.owner_id).where(
        _begins(kind, rarest), ~_has(kind, SearchWord.owner_id, rarest, SearchWord.word), *others
    )


def _begins(kind: Kind, word: str) -> ColumnElement[bool]:
    """A range of the index: no LIKE, in which `_` and `%` would be wildcards."""
    return and_(SearchWord.kind == kind, SearchWord.word >= word, SearchWord.word < word + _LAST)


def _some(kind: Kind, word: str) -> Select[str, int]:
    rows = select(SearchWord.owner_id).where(_begins(kind, word)).limit(MOST + 1).subquery()
    return select(literal(word), func.count()).select_from(rows)


def _has(
    kind: Kind,
    owner: InstrumentedAttribute[int],
    word: str,
    before: InstrumentedAttribute[str] | None = None,
) -> ColumnElement[bool]:
    """Whether the thing has a word that begins with `word`; with `before` only one that stands before that one."""
    row = SearchWord.__table__.alias()
    end = word + _LAST if before is None else before
    return exists().where(row.c.kind == kind, row.c.owner_id == owner, row.c.word >= word, row.c.word < end)
