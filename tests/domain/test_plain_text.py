"""What is pasted from office programs and old systems becomes plain text."""

import pytest

from certify.domain.plain_text import one_line, plain


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("jeden\r\ndwa\rtrzy\n", "jeden\ndwa\ntrzy\n"),
        ("miękki\x0bpodział, nowa\x0cstrona", "miękki\npodział, nowa\nstrona"),
        ("a\x85b\u2028c\u2029d", "a\nb\nc\nd"),
        ("pole\x03 \x13 HYPERLINK\x15, łącznik\x1f i \x96 półpauza", "pole  HYPERLINK, łącznik i  półpauza"),
        ("tab\tzostaje, zażółć też – 🌻", "tab\tzostaje, zażółć też – 🌻"),
        ("a\0b", "a\0b"),
        ("S\u0301rodowiskowy", "Środowiskowy"),
        ("Warsza\u00adwie, \u200bw\ufeff \u202edomu\u202c", "Warszawie, w domu"),
        ("a" + "\u0323" * 50, "ạ" + "\u0323" * 7),
    ],
)
def test_plain(pasted: str, kept: str) -> None:
    assert plain(pasted) == kept == plain(kept)


def test_one_line() -> None:
    assert one_line("\u00a0 Klub\t„Pod\r\nLipą”\u2028w\u2009Łodzi\u200b ") == "Klub „Pod Lipą” w Łodzi"


def test_a_million_marks_take_no_time() -> None:
    """Putting marks in order takes the square of their number: without a bound this would never end."""
    assert len(plain("a" + "\u0301\u0323\u200b" * 300_000)) < 10
