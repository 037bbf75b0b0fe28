"""What an operator must be able to see of attacks and of access: one line an occasion, names and numbers only.

Verbs and edges say what happened by `note`; `web.security_lines` writes the line and adds who asked, and from where.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

LOGGER = logging.getLogger("certify.security")


def note(event: str, *, account: int | None = None, why: str = "") -> None:
    """One occasion. `account`: the account that it is about, when it is not the person's who asks; `why`: a code."""
    LOGGER.info(event, extra={"account": account, "why": why})


@contextmanager
def unheard() -> Iterator[None]:
    """Nothing is noted inside: people and tokens of a demonstration are invented."""
    LOGGER.disabled = True
    try:
        yield
    finally:
        LOGGER.disabled = False
