"""A self-assessment as a file that leaves the service and comes back: its content, and the JSON form of it.

Pure: bytes in, dataclasses out, and the other way round. Whether the content fits a standard is judged elsewhere.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from certify.domain.errors import FieldError, Invalid, Malformed
from certify.domain.json_measure import refuse_heavy
from certify.domain.plain_text import plain

FORMAT = "certify-self-assessment"
FORMAT_VERSION = 1
MAX_FILE = 5 * 1024 * 1024
MAX_DIGITS = 18
MAX_ANSWERS = 1_000
MAX_VERSION = 10**9
_ID = re.compile(r"[A-Za-z0-9_.-]{1,40}")


def canonical(text: str) -> str:
    """The text with one kind of line end, without control characters and the two that no XML can hold."""
    return re.sub("[\ufffe\uffff]", "\ufffd", plain(text))


@dataclass(frozen=True)
class Content:
    """What an answer says: points or not applicable with its reason, and a text per indicator."""

    points: int | None = None
    not_applicable: bool = False
    reason: str = ""
    narratives: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 of the content; an indicator without a text and one that is not named are the same."""
        texts = {key: text for key, text in sorted(self.narratives.items()) if text}
        told = [self.points, self.not_applicable, self.reason, texts]
        # ASCII: a lone surrogate, which is refused later, must not break the comparison.
        return hashlib.sha256(json.dumps(told, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True)
class Fault:
    """What is wrong with a file at one place: a path such as `answers[3].points`, or a cell such as `O1!E5`."""

    place: str
    code: str


@dataclass(frozen=True)
class Reply:
    """One criterion in a file.

    `version`: the number of the answer when it was written to the file (0: there was none). `digest`: of the content at
    that moment, so that an answer that nobody touched in the file is told from one that was. `places`: where in the
    file each part stands, for naming faults.
    """

    criterion: str
    content: Content = Content()
    version: int = 0
    digest: str = ""
    title: str = ""
    evidence: tuple[str, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict, compare=False)
    faults: tuple[Fault, ...] = ()

    def place(self, part: str) -> str:
        """Where a part ("points", "reason", an indicator's id) stands in the file; its criterion when nobody knows."""
        return self.places.get(part) or self.places.get("") or self.criterion

    @property
    def touched(self) -> bool:
        """True when somebody changed the answer in the file."""
        return self.content.digest != self.digest


@dataclass(frozen=True)
class Copy:
    """A whole file: which standard, which application, when it was written, and the answers in their order."""

    scheme: str
    rubric_version: str
    structure: str
    application: str
    exported_at: datetime
    replies: tuple[Reply, ...] = ()


def refused(code: str, place: str = "file") -> Invalid:
    """The refusal of a whole file."""
    return Invalid([FieldError(place, code)])


def to_json(copy: Copy) -> bytes:
    """The file's bytes: UTF-8, indented so that a person can read it too."""
    tree = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "scheme": copy.scheme,
        "rubric_version": copy.rubric_version,
        "structure": copy.structure,
        "application": copy.application,
        "exported_at": copy.exported_at.astimezone(UTC).isoformat(),
        "answers": [_reply_tree(one) for one in copy.replies],
    }
    return (json.dumps(tree, ensure_ascii=False, indent=2) + "\n").encode()


def _reply_tree(reply: Reply) -> dict[str, Any]:
    return {
        "criterion": reply.criterion,
        "title": reply.title,
        "answer_version": reply.version,
        "digest": reply.digest,
        "points": reply.content.points,
        "not_applicable": reply.content.not_applicable,
        "reason": reply.content.reason,
        "narratives": dict(reply.content.narratives),
        "evidence": list(reply.evidence),
    }


def from_json(raw: bytes) -> Copy:
    """The copy in a file. Raises `Invalid` when it is no such file; faults of one answer stand in its `Reply.faults`.

    Codes for the whole: malformed_json, file_not_ours, format_version_unknown, missing_field, wrong_type.
    """
    tree = _parsed(raw)
    if not isinstance(tree, dict) or tree.get("format") != FORMAT:
        raise refused("file_not_ours")
    if tree.get("format_version") != FORMAT_VERSION:
        raise refused("format_version_unknown", "format_version")
    answers = tree.get("answers")
    if not isinstance(answers, list) or len(answers) > MAX_ANSWERS:
        raise refused("wrong_type", "answers")
    return Copy(
        scheme=_named(tree, "scheme"),
        rubric_version=_named(tree, "rubric_version"),
        structure=_named(tree, "structure"),
        application=_named(tree, "application"),
        exported_at=moment(_named(tree, "exported_at"), "exported_at"),
        replies=unique([_AnswerReader(number, one).reply() for number, one in enumerate(answers)]),
    )


def _parsed(raw: bytes) -> object:
    if len(raw) > MAX_FILE:
        raise refused("file_too_large")
    try:
        text = raw.decode("utf-8-sig")
        refuse_heavy(text)
        return json.loads(
            text, parse_int=_whole, parse_float=_no_number, parse_constant=_no_number, object_pairs_hook=_no_repeats
        )
    except Invalid as fault:
        raise refused(fault.code) from None
    except (ValueError, Malformed) as fault:
        raise refused("malformed_json") from fault


def _whole(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_DIGITS:
        raise ValueError("a number too long")
    return int(digits)


def _no_number(text: str) -> object:
    raise ValueError(f"no whole number: {text}")


def _no_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _named(tree: Mapping[str, object], name: str) -> str:
    value = tree.get(name)
    if not isinstance(value, str) or not value or len(value) > 200:
        raise refused("missing_field" if value is None else "wrong_type", name)
    return value


def moment(text: str, place: str) -> datetime:
    """A moment with its zone, as the file writes it; raises `Invalid` wrong_type."""
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise ValueError("a moment without a zone")
        return found.astimezone(UTC)
    except (ValueError, OverflowError) as fault:
        raise refused("wrong_type", place) from fault


def unique(replies: list[Reply]) -> tuple[Reply, ...]:
    """The replies; one that stands twice is refused at its second place, since nobody knows which one is meant."""
    seen: dict[str, Reply] = {}
    for one in replies:
        if one.criterion in seen:
            first = seen[one.criterion]
            fault = Fault(one.place(""), "criterion_twice")
            seen[one.criterion] = Reply(first.criterion, title=first.title, faults=(*first.faults, fault))
        else:
            seen[one.criterion] = one
    return tuple(seen.values())


class _AnswerReader:
    """Reads one entry of `answers` and notes each fault with its path."""

    FIELDS = frozenset(
        {
            "criterion",
            "title",
            "answer_version",
            "digest",
            "points",
            "not_applicable",
            "reason",
            "narratives",
            "evidence",
        }
    )

    def __init__(self, number: int, entry: object) -> None:
        self.path = f"answers[{number}]"
        self.faults: list[Fault] = []
        if not isinstance(entry, dict):
            raise refused("wrong_type", self.path)
        self.entry: dict[str, object] = entry

    def reply(self) -> Reply:
        criterion = self.entry.get("criterion")
        if not isinstance(criterion, str) or not _ID.fullmatch(criterion):
            raise refused("wrong_type", f"{self.path}.criterion")
        for name in sorted(self.entry.keys() - self.FIELDS):
            self._fault(f".{name[:40]}", "unknown_field")
        narratives = self._narratives()
        content = Content(self._points(), self._flag("not_applicable"), self._text("reason").strip(), narratives)
        parts = ("points", "not_applicable", "reason")
        places = {"": self.path} | {part: f"{self.path}.{part}" for part in parts}
        places |= {one: f"{self.path}.narratives.{one}" for one in narratives}
        return Reply(
            criterion,
            content,
            version=self._version(),
            digest=self._text("digest"),
            title=self._text("title"),
            evidence=self._evidence(),
            places=places,
            faults=tuple(self.faults),
        )

    def _fault(self, last: str, code: str) -> None:
        self.faults.append(Fault(self.path + last, code))

    def _text(self, name: str) -> str:
        value = self.entry.get(name, "")
        if isinstance(value, str):
            return canonical(value)
        self._fault(f".{name}", "wrong_type")
        return ""

    def _flag(self, name: str) -> bool:
        value = self.entry.get(name, False)
        if not isinstance(value, bool):
            self._fault(f".{name}", "wrong_type")
        return value is True

    def _points(self) -> int | None:
        value = self.entry.get("points")
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        self._fault(".points", "bad_points")
        return None

    def _version(self) -> int:
        value = self.entry.get("answer_version", 0)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_VERSION:
            return value
        self._fault(".answer_version", "wrong_type")
        return 0

    def _narratives(self) -> dict[str, str]:
        value = self.entry.get("narratives", {})
        if not isinstance(value, dict):
            self._fault(".narratives", "wrong_type")
            return {}
        found = {}
        for name, text in value.items():
            if isinstance(text, str) and _ID.fullmatch(name):
                found[name] = canonical(text)
            else:
                self._fault(f".narratives.{name[:40]}", "wrong_type")
        return found

    def _evidence(self) -> tuple[str, ...]:
        value = self.entry.get("evidence", [])
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
        self._fault(".evidence", "wrong_type")
        return ()
