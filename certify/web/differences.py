"""Two states of a self-assessment beside each other, criterion by criterion and word by word where that can be had."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask import g
from flask_babel import gettext

from certify.domain.differences import Budget, Parts, differences
from certify.domain.rubric import Criterion, Rubric
from certify.domain.supplement import Content
from certify.i18n import language
from certify.web.answer_form import Draft, printable, sealed
from certify.web.evidence_tiles import Tile, sealed_tiles


def compared(old: str, new: str) -> tuple[Parts, Parts]:
    """Both texts in parts; all comparisons of one request have one budget together."""
    budget: Budget = g.setdefault("budget_of_differences", Budget())
    return differences(old, new, budget)


@dataclass(frozen=True)
class Change:
    """What differs on one criterion. `texts`: label, both sides in parts; `added`, `removed`: evidence."""

    criterion: Criterion
    area: str
    texts: list[tuple[str, Parts, Parts]]
    added: list[Tile]
    removed: list[Tile]

    @property
    def empty(self) -> bool:
        """True when nothing differs."""
        return not (self.texts or self.added or self.removed)


def changes(rubric: Rubric, criteria: Iterable[Criterion], before: Content, now: Content) -> list[Change]:
    """The criteria with what differs on each, also those on which nothing does."""
    left, right = sealed(before), sealed(now)
    old, new = sealed_tiles(before), sealed_tiles(now)
    return [
        Change(
            one,
            rubric.area_of(one.id).id,
            _texts(rubric, one, printable(left.get(one.id, Draft())), printable(right.get(one.id, Draft()))),
            _only(new.get(one.id, []), old.get(one.id, [])),
            _only(old.get(one.id, []), new.get(one.id, [])),
        )
        for one in criteria
    ]


def _only(mine: list[Tile], theirs: list[Tile]) -> list[Tile]:
    """The pieces that only the first list has; the same file with other pages to read is another piece."""
    known = {(one["digest"], one["name"], one["pages"]) for one in theirs}
    return [one for one in mine if (one["digest"], one["name"], one["pages"]) not in known]


def _texts(rubric: Rubric, criterion: Criterion, left: Draft, right: Draft) -> list[tuple[str, Parts, Parts]]:
    pairs = [(gettext("Level"), level_words(rubric, left), level_words(rubric, right))]
    pairs.append((gettext("Reason why it is not applicable"), left.data.reason, right.data.reason))
    for one in criterion.indicators:
        label = f"{one.id} {one.text.get(language())}"
        pairs.append((label, left.narratives.get(one.id, ""), right.narratives.get(one.id, "")))
    return [(label, *compared(old, new)) for label, old, new in pairs if old != new]


def level_words(rubric: Rubric, draft: Draft) -> str:
    """The chosen level in words."""
    if draft.not_applicable:
        return gettext("not applicable")
    for level in rubric.scale.levels:
        if level.points == draft.value:
            return f"{level.points} – {level.title.get(language())}"
    return gettext("no answer yet")
