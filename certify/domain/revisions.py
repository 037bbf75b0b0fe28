"""The saved versions of one answer as a person reads them: what somebody saved in one go is one line."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

ONE_GO = timedelta(minutes=15)


@dataclass(frozen=True)
class Save:
    """One saved version: its number, when and by whom; `restored` when an older version was brought back."""

    number: int
    at: datetime
    by: int
    restored: bool = False


def in_one_go(saves: Iterable[Save]) -> list[list[Save]]:
    """The saves, the oldest first, in runs: successive ones of one person within a quarter of an hour.

    The time counts from the first of a run, so that a whole day of autosaves is not one line. Bringing an older version
    back is a step of its own.
    """
    runs: list[list[Save]] = []
    for save in saves:
        first = runs[-1][0] if runs else None
        joins = (
            first is not None
            and first.by == save.by
            and save.at - first.at <= ONE_GO
            and not first.restored
            and not save.restored
        )
        if joins:
            runs[-1].append(save)
        else:
            runs.append([save])
    return runs
