"""How many saves of a person are kept: whoever types without a pause never meets the limit, a loop soon does."""

from datetime import UTC, datetime, timedelta

import pytest

from certify.domain.quotas import SAVES, free_again

AT = datetime(2026, 11, 27, 14, 45, tzinfo=UTC)


def after(saves: int, every: float) -> datetime | None:
    """When the next save is kept, after so many of them, one in so many seconds, the newest now."""
    return free_again(lambda place: AT - timedelta(seconds=every * (place - 1)) if place <= saves else None, AT)


@pytest.mark.parametrize(
    ("saves", "every", "free"),
    [
        (0, 5, None),
        (100_000, 14.5, None),
        # Eight hours without a pause.
        (8 * 720, 5, None),
        (1_499, 0.1, None),
        (1_500, 0.1, AT + timedelta(hours=1, seconds=-149.9)),
        (1_500, 2.5, None),
        (6_000, 5, AT + timedelta(days=1, seconds=-5 * 5_999)),
        (6_000, 0, AT + timedelta(days=1)),
    ],
)
def test_the_next_save(saves: int, every: float, free: datetime | None) -> None:
    assert after(saves, every) == free


def test_an_editor_cannot_fill_a_disk() -> None:
    """20 KiB a save: less than 120 MiB a day in one application."""
    assert SAVES[-1] == (timedelta(days=1), 6_000)
    assert SAVES[-1][1] * 20 / 1024 < 120
