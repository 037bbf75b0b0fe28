"""A thing is found by any words of its texts, in any writing that people use."""

import pytest

from certify.domain.search_words import MAX_WANTED, MAX_WORD, index_words, wanted

TEXTS = (
    "Miejsko-Gminny Ośrodek Pomocy Społecznej w Jasnoborze",
    "Zespół „Sąsiedzi znad Nidki”",
    "ul. Żurawia 4, 28-901 Jasnobór",
    "świętokrzyskie",
)
NUMBER = "OSL/2026/0001"


def found(text: str) -> bool:
    words = index_words(TEXTS, [NUMBER])
    return all(any(one.startswith(word) for one in words) for word in wanted(text))


@pytest.mark.parametrize(
    "text",
    [
        "Jasnobór",
        "jasnobor",
        "JASNOBÓR",
        "Jasnobo\u0301r",
        "Jasno\u00adbór",
        "Jasnoborze,",
        "Ośrodek Jasnobór",
        "Jasnobór ośrodek",
        "MGOPS",
        "M-GOPS w Jasnoborze",
        "OPS Jasnobór",
        "Miejsko–Gminny",
        "miejsko gminny",
        '"Sąsiedzi znad Nidki"',
        "sasiedzi",
        "Zurawia 4",
        "28-901",
        "swietokrzyskie",
        "OSL/2026/0001",
        "OSL-2026-0001",
        "nr OSL/2026/1",
        "numer: OSL 2026",
        "osl20260001",
    ],
)
def test_found(text: str) -> None:
    assert found(text)


@pytest.mark.parametrize("text", ["Jasnoborów", "PCPR", "Krosno", "borze", "GOPSY", "OSL/2027", "Jasnobór Krosno"])
def test_not_found(text: str) -> None:
    assert not found(text)


@pytest.mark.parametrize("name", ["MOPS Żarki", "Miejski Ośrodek Pomocy Społecznej w Żarkach"])
def test_letters_and_words_of_a_type_find_each_other(name: str) -> None:
    words = index_words([name])
    short = {"mops", "ops", "miejski", "osrodek", "pomocy", "spolecznej"}
    assert short <= words
    assert "gops" not in words


def test_what_is_wanted_is_bounded() -> None:
    assert wanted("") == wanted(" – „” % _ ") == ()
    assert wanted("w Łodzi i w Łodzi") == ("lodzi",)
    assert wanted("w i z") == ("w", "i", "z")
    assert len(wanted(" ".join(f"słowo{one}" for one in range(500)))) == MAX_WANTED
    assert wanted("ą" * 1_048_576) == ("a" * MAX_WORD,)
    assert len(wanted("a\u0301" * 500_000)) == 1
