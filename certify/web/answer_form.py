"""What stands in the form of one criterion: the stored answer, or the text that was typed and not accepted."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from flask import request

from certify.domain.readiness import AnswerFacts
from certify.domain.rubric import Criterion
from certify.models.application import Answer
from certify.web.forms import chosen, visible
from certify.workflows.answers import AnswerData

NOT_APPLICABLE = "na"


@dataclass(frozen=True)
class Draft:
    """An answer in its form. `points`: the digits, "na" or nothing; `version`: what the form was opened with.

    `carried`: the number of the application from which it was carried over, and the day; nobody has confirmed it yet.
    """

    points: str = ""
    reason: str = ""
    narratives: Mapping[str, str] = field(default_factory=dict)
    version: int = 0
    saved_at: datetime | None = None
    carried: tuple[str, date] | None = None

    @property
    def not_applicable(self) -> bool:
        """True when "not applicable" is chosen."""
        return self.points == NOT_APPLICABLE

    @property
    def value(self) -> int | None:
        """The chosen points; -1, which no scale has, for what the form never offers."""
        return chosen(self.points) if self.points and not self.not_applicable else None

    @property
    def data(self) -> AnswerData:
        """The answer for the verb; a reason without "not applicable" is not part of it."""
        return AnswerData(
            points=self.value,
            not_applicable=self.not_applicable,
            reason=self.reason if self.not_applicable else "",
            narratives=self.narratives,
        )

    def facts(self, evidence: int) -> AnswerFacts:
        """The answer for the rule on what is missing."""
        given = self.value, self.not_applicable, self.reason, self.narratives
        return AnswerFacts(*given, evidence, to_confirm=self.carried is not None)

    def says_the_same(self, other: "Draft") -> bool:
        """True when saving one over the other would change nothing."""
        return self._content() == other._content()

    def _content(self) -> object:
        texts = {key: text for key, text in self.narratives.items() if text}
        return (self.points, self.data.reason, texts)


def stored(answer: Answer | None) -> Draft:
    """What the database holds."""
    if answer is None:
        return Draft()
    points = "" if answer.points is None else str(answer.points)
    source = answer.carried_from
    return Draft(
        points=NOT_APPLICABLE if answer.not_applicable else points,
        reason=answer.reason,
        narratives=dict(answer.narratives),
        version=answer.version,
        saved_at=answer.saved_at,
        carried=(source.number, answer.carried_on) if source is not None and answer.carried_on else None,
    )


def sealed(content: Mapping[str, Any]) -> dict[str, Draft]:
    """The answers of a sealed submission by criterion."""
    return {
        criterion: Draft(
            points=NOT_APPLICABLE if one["not_applicable"] else ("" if one["points"] is None else str(one["points"])),
            reason=one["reason"],
            narratives=one["narratives"],
        )
        for criterion, one in content["answers"].items()
    }


def slug(criterion: Criterion) -> str:
    """The criterion's id as the first part of names and ids in its form: several forms stand on one page."""
    return criterion.id.replace(".", "-")


def typed(criterion: Criterion) -> Draft:
    """What the request's form holds for the criterion, with line ends as we keep them."""

    def text(name: str) -> str:
        return request.form.get(name, "").replace("\r\n", "\n")

    start = slug(criterion)
    return Draft(
        points=text(f"{start}-points"),
        reason=text(f"{start}-reason").strip(),
        narratives={one.id: text(f"narrative-{one.id}") for one in criterion.indicators},
        version=chosen(request.form.get("version")),
    )


def fields(criterion: Criterion, draft: Draft) -> dict[str, str]:
    """The draft as its form sends it: the other way round than `typed`."""
    start = slug(criterion)
    texts = {f"narrative-{one.id}": draft.narratives.get(one.id, "") for one in criterion.indicators}
    return {f"{start}-points": draft.points, f"{start}-reason": draft.reason, **texts}


def printable(draft: Draft) -> Draft:
    """The draft as a page can hold it."""
    narratives = {key: visible(text) for key, text in draft.narratives.items()}
    return replace(draft, reason=visible(draft.reason), narratives=narratives)
