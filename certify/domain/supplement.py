"""What a self-assessment says on one criterion, where two states of it differ, and what is laid over a sealed one.

A content is the plain data that a submission seals: `answers` and `evidence` by criterion. A part is what it holds on
one criterion.
"""

from collections.abc import Iterable, Mapping
from typing import Any

Content = Mapping[str, Any]
Part = dict[str, Any]

# Why the coordinator asks: nothing is there, it can't be understood, it is no longer true.
KINDS = ("missing", "unclear", "outdated")


def part_of(content: Content, criterion: str) -> Part:
    """What the content holds on one criterion."""
    return {"answer": content["answers"].get(criterion), "evidence": list(content["evidence"].get(criterion, ()))}


def _essence(part: Part) -> object:
    """The part without what only looks different: empty texts, and the order in which evidence was added."""
    answer = part["answer"] or {}
    texts = {key: text for key, text in answer.get("narratives", {}).items() if text}
    reason = answer.get("reason", "") if answer.get("not_applicable") else ""
    pieces = sorted((one["sha256"], one["title"], one["filename"], one["pages"]) for one in part["evidence"])
    return (answer.get("points"), answer.get("not_applicable", False), reason, texts, pieces)


def same(left: Part, right: Part) -> bool:
    """True when both parts say and show the same."""
    return _essence(left) == _essence(right)


def changed(before: Content, now: Content, criteria: Iterable[str]) -> tuple[str, ...]:
    """The criteria on which the contents differ, in the order given."""
    return tuple(one for one in criteria if not same(part_of(before, one), part_of(now, one)))


def laid_over(content: Content, parts: Mapping[str, Part]) -> dict[str, Any]:
    """A new content: `content` with the parts in the place of what it holds on their criteria."""
    answers, evidence = dict(content["answers"]), dict(content["evidence"])
    for criterion, part in parts.items():
        answers.pop(criterion, None)
        evidence.pop(criterion, None)
        if part["answer"] is not None:
            answers[criterion] = part["answer"]
        if part["evidence"]:
            evidence[criterion] = part["evidence"]
    return {**content, "answers": dict(sorted(answers.items())), "evidence": dict(sorted(evidence.items()))}
