"""Random files of a self-assessment, for the tests of both of their forms."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from certify.exchange import Content, Copy, Reply, canonical

# What a person can keep: no control characters but line ends and tabs, no surrogates.
TEXTS = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs", "Cc"]),
        st.sampled_from("\n\t\r=+-@_x005F\"'<>&;,ąćęłńóśźżĄĆĘŁŃÓŚŹŻ „”–"),
    ),
    max_size=120,
).map(canonical)
HARD = st.sampled_from(["=1+1", "+48 600", "-5", "@ja", "\tx", "_x000D_", "x005F_", "#N/A", "2026", "'x", " x ", "\n"])
NAMES = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), min_size=1, max_size=12)


@st.composite
def contents(draw: st.DrawFn, criterion: str) -> Content:
    """An answer with one to four indicators."""
    letters = "abcd"[: draw(st.integers(1, 4))]
    narratives = {f"{criterion}.{one}": draw(TEXTS | HARD) for one in letters}
    not_applicable = draw(st.booleans())
    points = None if not_applicable else draw(st.none() | st.integers(0, 5))
    return Content(points, not_applicable, draw(TEXTS | HARD).strip(), narratives)


@st.composite
def copies(draw: st.DrawFn) -> Copy:
    """A whole file: up to three areas with up to four criteria each."""
    replies = []
    for area in range(draw(st.integers(1, 3))):
        for number in range(draw(st.integers(1, 4))):
            criterion = f"O{area + 1}.{number + 1}"
            content = draw(contents(criterion))
            replies.append(
                Reply(
                    criterion,
                    content,
                    version=draw(st.integers(0, 10**6)),
                    digest=content.digest,
                    title=draw(TEXTS),
                    evidence=tuple(draw(st.lists(NAMES.map("{}.pdf".format), max_size=3))),
                )
            )
    moment = draw(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))
    return Copy(
        scheme=draw(NAMES),
        rubric_version="1.0",
        structure="ab" * 32,
        application=f"W/2026/{draw(st.integers(1, 9999)):04}",
        exported_at=moment.replace(tzinfo=UTC),
        replies=tuple(replies),
    )
