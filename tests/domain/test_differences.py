"""Two texts beside each other: what is marked as gone and as new, in parts that a person can read."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.domain.differences import A_PAGE, A_PAIR, Budget, Parts, differences
from tests.costs import costs_little


def told(theirs: str, mine: str) -> tuple[Parts, Parts]:
    """Both texts, with enough for every step."""
    return differences(theirs, mine, Budget(10**9, 10**9))


@pytest.mark.parametrize(
    ("theirs", "mine", "old", "new"),
    [
        ("Jest plan.", "Jest plan.", [("same", "Jest plan.")], [("same", "Jest plan.")]),
        ("", "Jest plan.", [], [("new", "Jest plan.")]),
        ("Jest plan.", "", [("gone", "Jest plan.")], []),
        (
            "Jest plan na rok.",
            "Jest plan na dwa lata.",
            [("same", "Jest plan na "), ("gone", "rok.")],
            [("same", "Jest plan na "), ("new", "dwa lata.")],
        ),
        (
            "Plan zatwierdzono w maju, wynika z diagnozy.",
            "Zmieniono w czerwcu i z mieszkańcami.",
            [("gone", "Plan zatwierdzono w maju, wynika z diagnozy.")],
            [("new", "Zmieniono w czerwcu i z mieszkańcami.")],
        ),
        (
            "Dawniej spotykaliśmy się w świetlicy co tydzień, potem rzadziej.",
            "Dziś spotykaliśmy się w świetlicy co miesiąc, potem częściej.",
            [
                ("gone", "Dawniej"),
                ("same", " spotykaliśmy się w świetlicy co "),
                ("gone", "tydzień, potem rzadziej."),
            ],
            [("new", "Dziś"), ("same", " spotykaliśmy się w świetlicy co "), ("new", "miesiąc, potem częściej.")],
        ),
        (
            "Pierwszy akapit.\n\nDrugi akapit o planie.\n",
            "Pierwszy akapit.\n\nNowy akapit.\n\nDrugi akapit o planie i diagnozie.\n",
            [("same", "Pierwszy akapit.\n\nDrugi akapit o "), ("gone", "planie.\n")],
            [
                ("same", "Pierwszy akapit.\n\n"),
                ("new", "Nowy akapit.\n\n"),
                ("same", "Drugi akapit o "),
                ("new", "planie i diagnozie.\n"),
            ],
        ),
        (
            "Raz.\nDwa.\nTrzy.",
            "Raz.\nTrzy.",
            [("same", "Raz.\n"), ("gone", "Dwa.\n"), ("same", "Trzy.")],
            [("same", "Raz.\nTrzy.")],
        ),
        ("a b", "a  b", [("same", "a"), ("gone", " "), ("same", "b")], [("same", "a"), ("new", "  "), ("same", "b")]),
    ],
)
def test_texts_are_marked_where_they_differ(theirs: str, mine: str, old: Parts, new: Parts) -> None:
    assert told(theirs, mine) == (old, new)


@given(st.text(alphabet="ab \n", max_size=40), st.text(alphabet="ab \n", max_size=40))
def test_nothing_is_lost_and_neighbours_differ_in_kind(theirs: str, mine: str) -> None:
    for text, parts, kinds in zip((theirs, mine), told(theirs, mine), ({"same", "gone"}, {"same", "new"}), strict=True):
        assert "".join(part for _, part in parts) == text
        assert {kind for kind, _ in parts} <= kinds
        assert all(left[0] != right[0] for left, right in pairwise(parts))


# Words that come back often between words that never do: the worst that difflib can be given.
_OFTEN = [chr(0x100 + number) for number in range(25)]
_ONCE = [chr(0x4E00 + number) for number in range(12_000)]


def hostile(first: int) -> str:
    return " ".join(word for at in range(2_500) for word in (_OFTEN[at % 25], _ONCE[first + at]))[:9_999]


def rare(first: int) -> str:
    """Words that come back as often as difflib still takes them for rare, in no order."""
    return " ".join(_ONCE[(at * at * 7 + at * first) % 211] for at in range(4_900))


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("theirs", "mine"),
    [
        (hostile(0), hostile(3_000)),
        (hostile(0).replace(" ", "\n"), hostile(3_000).replace(" ", "\n")),
        (rare(0), rare(3)),
        ("a\n" * 5_000, "b a\n" * 2_500),
        ("\n" * 10_000, " \n" * 5_000),
    ],
)
def test_a_page_of_hostile_texts_costs_little(theirs: str, mine: str) -> None:
    """A form of 33 criteria with five texts each, one budget for all of them."""
    budget = Budget()
    with costs_little():
        for _ in range(33 * 5):
            differences(theirs, mine, budget)
    assert 0 <= budget.steps <= A_PAGE


def test_texts_that_take_too_many_steps_stand_whole() -> None:
    theirs, mine = rare(0), rare(3)
    assert differences(theirs, mine, Budget()) == ([("whole", theirs)], [("whole", mine)])
    assert told(theirs, mine)[0][0][0] != "whole"


def test_one_pair_leaves_something_for_the_others_and_all_together_have_an_end() -> None:
    budget = Budget()
    differences(rare(0), rare(3), budget)
    assert budget.steps >= A_PAGE - A_PAIR
    assert differences("Jest plan.", "Jest plan?", budget) == told("Jest plan.", "Jest plan?")
    spent = Budget(steps=3)
    assert differences("Jest plan.", "Jest plan?", spent) == ([("whole", "Jest plan.")], [("whole", "Jest plan?")])


def test_long_texts_of_people_are_compared_by_words() -> None:
    words = [_ONCE[at] * 2 + _OFTEN[at % 25] for at in range(1_800)]
    changed = [word if at % 10 else "zmiana" for at, word in enumerate(words)]
    old, new = differences(" ".join(words), " ".join(changed), Budget())
    assert len(old) == len(new) == 360
