"""Two texts beside each other: what is marked as gone and as new, in parts that a person can read."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.web.answer_form import Parts, differences


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
    ],
)
def test_texts_are_marked_where_they_differ(theirs: str, mine: str, old: Parts, new: Parts) -> None:
    assert differences(theirs, mine) == (old, new)


@given(st.text(alphabet="ab \n", max_size=40), st.text(alphabet="ab \n", max_size=40))
def test_nothing_is_lost_and_neighbours_differ_in_kind(theirs: str, mine: str) -> None:
    for text, parts, kinds in zip(
        (theirs, mine), differences(theirs, mine), ({"same", "gone"}, {"same", "new"}), strict=True
    ):
        assert "".join(part for _, part in parts) == text
        assert {kind for kind, _ in parts} <= kinds
        assert all(left[0] != right[0] for left, right in pairwise(parts))
