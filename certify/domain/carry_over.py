"""Which answers of an earlier application may travel into a new one: those whose question is still the same."""

from certify.domain.rubric import Criterion, Rubric


def travelling(old: Rubric, new: Rubric, centre_type: str) -> tuple[Criterion, ...]:
    """The criteria of the new form that ask what the old one asked, in their order.

    The same levels (points and descriptors) and the same indicators, by id and by their Polish words: an answer is
    never put under a question that nobody was asked.
    """
    before = {one.id: one for one in old.criteria}
    scale_stays = old.scale.points == new.scale.points
    return tuple(
        one
        for one in new.criteria_for(centre_type)
        if scale_stays and one.id in before and _asks_the_same(before[one.id], one)
    )


def _asks_the_same(old: Criterion, new: Criterion) -> bool:
    levels = [text.pl for text in old.descriptors] == [text.pl for text in new.descriptors]
    indicators = [(one.id, one.text.pl) for one in old.indicators] == [(one.id, one.text.pl) for one in new.indicators]
    return levels and indicators
