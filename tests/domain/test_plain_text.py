"""What is pasted from office programs and old systems becomes plain text."""

import pytest

from certify.domain.plain_text import plain


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("jeden\r\ndwa\rtrzy\n", "jeden\ndwa\ntrzy\n"),
        ("miękki\x0bpodział, nowa\x0cstrona", "miękki\npodział, nowa\nstrona"),
        ("a\x85b\u2028c\u2029d", "a\nb\nc\nd"),
        ("pole\x03 \x13 HYPERLINK\x15, łącznik\x1f i \x96 półpauza", "pole  HYPERLINK, łącznik i  półpauza"),
        ("tab\tzostaje, zażółć też – 🌻", "tab\tzostaje, zażółć też – 🌻"),
        ("a\0b", "a\0b"),
    ],
)
def test_plain(pasted: str, kept: str) -> None:
    assert plain(pasted) == kept == plain(kept)
