"""Certificate numbers are found in what people paste, and keys cost what their text is long."""

import subprocess
import sys

import pytest

from certify.domain.certificate_numbers import MAX_KEY, bare_key, keys_in, parts_key
from certify.domain.folding import fold, seen

NUMBER = "OSL/2026/0001"
# How a number stands on paper, in titles, addresses and file names, and how people write it down.
WRITTEN = (
    NUMBER,
    "nr OSL/2026/0001",
    "Nr\u00a0OSL/2026/0001.",
    "numer: OSL/2026/0001",
    "№ OSL/2026/0001",
    "Certyfikat Jakości OSL nr OSL/2026/0001",
    "Certyfikat Jakości OSL nr OSL/2026/0001 – OPS w Żarach (przykład, nieważny)",
    "http://127.0.0.1:8000/certificates/OSL-2026-0001",
    "rejestr.example.org/certificates/OSL-2026-0001",
    "https://rejestr.example.org/certificates/OSL-2026-0001/pdf?download=1",
    "/certificates/OSL-2026-0001/",
    "rejestr.example.org/certificates/\nOSL-2026-0001",
    "OSL-2026-0001.pdf",
    "OSL-2026-0001 (1).pdf",
    "certyfikat-OSL-2026-0001.pdf",
    "„OSL/2026/0001”",
    "(OSL/2026/0001)",
    '"OSL/2026/0001",',
    "OSL–2026–0001",
    "OSL — 2026 — 0001",
    "OSL⁄2026⁄0001",
    "OSL/2026/1",
    "osl 2026 ooo1",
    "OSL/2026/OOOl",
    "ＯＳＬ／２０２６／０００１",
    "O\u00adSL/20\u200b26/0001\ufeff",
    "OSL / 2026 / 0001",
    "OSL20260001",
    "O S L 2 0 2 6 0 0 0 1",
    "OSL/2026/0001, wydany 5 marca 2026",
    "OSL/2026/0009 zastąpiony przez OSL/2026/0001",
    "OSL/2026/0001 2 egzemplarze",
)


@pytest.mark.parametrize("text", WRITTEN)
def test_a_number_is_found_however_it_is_written(text: str) -> None:
    keys = keys_in(text)
    assert parts_key(NUMBER) in keys.parts or bare_key(NUMBER) in keys.bare


def first(text: str, *numbers: str) -> str | None:
    """Which of the numbers the keys of the text lead to first."""
    by_parts, by_bare = ({key(one): one for one in numbers} for key in (parts_key, bare_key))
    keys = keys_in(text)
    found = [by_parts[key] for key in keys.parts if key in by_parts]
    found += [by_bare[key] for key in keys.bare if key in by_bare]
    return found[0] if found else None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("OSL/2026/0009 zastąpiony przez OSL/2026/0001", "OSL/2026/0001"),
        ("OSL/2026/0001 i dalej OSL/2026/0009.", "OSL/2026/0009"),
        ("OSL/2026/0009 i dalej OSL/2026/7777", "OSL/2026/0009"),
        ("nr CAL/OSL/2026/0001", "CAL/OSL/2026/0001"),
        ("OSL/2026/001 2 strony", "OSL/2026/0001"),
        ("Certyfikat 0003/OSL/2026 z 5 marca 2026", "0003/OSL/2026"),
        ("a to jest WOL-2026-004", "WOL-2026-004"),
        ("OSL/2026/0001/7", None),
        ("OSL-2026-0001-2", None),
        ("3-OSL-2026-0001", None),
        ("OSL/2026", None),
        ("nic tu nie ma", None),
        ("", None),
    ],
)
def test_the_last_thing_that_is_a_number_of_ours(text: str, number: str | None) -> None:
    known = ("OSL/2026/0001", "OSL/2026/0009", "OSL/2026/0012", "CAL/OSL/2026/0001", "0003/OSL/2026", "WOL-2026-004")
    assert first(text, *known) == number


def test_keys_tell_numbers_apart() -> None:
    numbers = [f"{word}/{year}/{serial:04}" for word in ("OSL", "WOL") for year in (2026, 2027) for serial in range(99)]
    assert len({parts_key(one) for one in numbers}) == len({bare_key(one) for one in numbers}) == len(numbers)
    assert parts_key("D/0/1") == "d/0/1"


HEAVY = ("2026/" * 200_000, "2026 " * 200_000, "a\u0301\u200b\u0f73" * 200_000, "\ufdfa" * 400_000, "/" * 1_000_000)


@pytest.mark.parametrize("number", range(len(HEAVY)))
def test_no_text_is_too_long(number: int) -> None:
    """A child with two seconds of processor time ends by itself, whatever the text is."""
    code = (
        "import resource; from tests.domain.test_certificate_numbers import HEAVY, keys_in;"
        "limit = int(resource.getrusage(resource.RUSAGE_SELF).ru_utime) + 3;"
        "resource.setrlimit(resource.RLIMIT_CPU, (limit, limit));"
        f"keys = keys_in(HEAVY[{number}]); print(len(keys.parts) + len(keys.bare))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(ended.stdout) <= 2 * 401


def test_a_key_fits_its_column() -> None:
    keys = keys_in("x" * 100 + " 2026 " + "y" * 100)
    assert all(len(one) <= MAX_KEY for one in keys.parts + keys.bare)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ŻÓŁĆ", "zolc"),
        ("Zaz\u0307o\u0301łć", "zazolc"),
        ("ＡＢ", "ab"),
        ("Straße Ærø", "strasse aero"),
        ("Київ", "киів"),
        ("so\u00adft\u200b", "soft"),
        ("Plain", "plain"),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_marks_without_end_are_cut() -> None:
    assert seen("a" + "\u0301" * 50 + "\u200b" + "\u0323" * 50 + "b") == "a" + "\u0301" * 8 + "b"
