"""Strict YAML: bytes in, a tree of plain nodes with positions out. No aliases, tags, merge keys or implicit types.

PyYAML's own loaders read NO as false and 010 as 8, and expand 400 bytes of aliases to gigabytes. So we take only its
events (scanner and grammar), keep every scalar as text and build the tree ourselves, without recursion.
"""

import unicodedata
from dataclasses import dataclass, field

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_NODES = 20_000

# Written with code points, because the characters themselves would be invisible here.
BYTE_ORDER_MARK = 0xFEFF
LINE_BREAKS_OF_YAML_1_1 = {0x85, 0x2028, 0x2029}  # would shift every line number that we report
BIDI_CONTROLS = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}  # make text look other than it is


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong in a file. Line and column count from 1; `path` is like `areas[0].criteria[2].weight`."""

    line: int
    column: int
    path: str
    code: str
    message: str


class Unreadable(Exception):
    """The file is no tree of nodes; `faults` say where and why."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


@dataclass(frozen=True)
class Entry:
    """One key of a mapping with its value; the key has a place of its own, which faults of the key point at."""

    key: "Node"
    value: "Node"


@dataclass
class Node:
    """A scalar (`text`, plain or quoted), a list (`items`) or a mapping (`entries`, duplicate keys left out)."""

    kind: str
    line: int
    column: int
    path: str
    text: str = ""
    plain: bool = False
    items: list["Node"] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)


def parse(source: bytes | str) -> Node:
    """The root node of the only document in `source`; Unreadable with every fault that can be told apart."""
    text = _decoded(source)
    faults = _bad_characters(text)
    if faults:
        raise Unreadable(faults)
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        builder.fault(line, column, builder.path(), "syntax", _sentence(error.problem or str(error)))
    except (yaml.YAMLError, ValueError, ArithmeticError, RecursionError) as error:
        # Not every fault of PyYAML is a YAMLError: "\\UFFFFFFFF" ends in an OverflowError.
        builder.fault(1, 1, "", "syntax", _sentence(str(error)))
    if builder.root is None and not builder.faults:
        builder.fault(1, 1, "", "empty", "The file has no content.")
    if builder.faults or builder.root is None:
        raise Unreadable(builder.faults)
    return builder.root


def _decoded(source: bytes | str) -> str:
    try:
        raw = source.encode("utf-8") if isinstance(source, str) else source
        if len(raw) > MAX_BYTES:
            message = f"The file has {len(raw)} bytes; {MAX_BYTES} is the most."
            raise Unreadable([Fault(1, 1, "", "file_too_large", message)])
        return raw.decode("utf-8")
    except UnicodeEncodeError as error:
        before = str(source)[: error.start]
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8")
    line, column = _position(before)
    raise Unreadable([Fault(line, column, "", "not_utf8", "The file must be UTF-8 text.")])


def _position(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _bad_characters(text: str) -> list[Fault]:
    """One fault for each line and kind, so that a file indented by tabs does not drown the rest."""
    found: dict[tuple[int, str], Fault] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        line = line.removesuffix("\r")
        if line.isascii() and line.isprintable():
            continue
        for column, character in enumerate(line, start=1):
            if verdict := _verdict(character):
                found.setdefault((number, verdict[0]), Fault(number, column, "", *verdict))
    return list(found.values())


def _verdict(character: str) -> tuple[str, str] | None:
    point = ord(character)
    if character == "\t":
        return "tab_not_allowed", "Tabs are not allowed; indent with spaces."
    if point == 0:
        return "nul_not_allowed", "The file contains a NUL character."
    hidden = point == BYTE_ORDER_MARK or point in LINE_BREAKS_OF_YAML_1_1 or point in BIDI_CONTROLS
    if hidden or unicodedata.category(character) in ("Cc", "Cn"):
        return "control_character", f"The character U+{point:04X} is not allowed."
    return None


def visible(text: str) -> str:
    """A short form of `text` that is safe to print: what a file says must not steer a terminal or fill a log."""
    short = text if len(text) <= 60 else text[:57] + "…"
    return "".join(character if character.isprintable() else f"\\u{ord(character):04x}" for character in short)


def joined(path: str, key: str) -> str:
    """The path of `key` inside the mapping at `path`."""
    return f"{path}.{visible(key)}" if path else visible(key)


def _sentence(problem: str) -> str:
    line = " ".join(problem.split())[:300]
    return f"{line[:1].upper()}{line[1:]}."


def _start(event: Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


class _Builder:
    """Takes the events one by one and hangs each node under the one that is open."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.faults: list[Fault] = []
        self._open: list[tuple[Node, Node | None]] = []  # a container and, in a mapping, the key that waits
        self._nodes = 0

    def fault(self, line: int, column: int, path: str, code: str, message: str) -> None:
        self.faults.append(Fault(line, column, path, code, message))

    def path(self) -> str:
        """Where the next node would stand."""
        if not self._open:
            return ""
        container, key = self._open[-1]
        if container.kind == "list":
            return f"{container.path}[{len(container.items)}]"
        if key is None:
            return container.path
        return joined(container.path, key.text)

    def take(self, event: Event) -> None:
        if isinstance(event, DocumentStartEvent):
            self._document(event)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            closed, _ = self._open.pop()
            self._settle(closed)
        elif isinstance(event, NodeEvent):
            self._node(event)

    def _document(self, event: DocumentStartEvent) -> None:
        line, column = _start(event)
        if event.version or event.tags:
            self.fault(line, column, "", "directive_not_allowed", "Directives (%YAML, %TAG) are not allowed.")
        if self.root is not None:
            self.fault(line, column, "", "too_many_documents", "The file must hold one document only.")
            raise Unreadable(self.faults)

    def _node(self, event: NodeEvent) -> None:
        (line, column), path = _start(event), self.path()
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self.fault(line, column, path, "too_many_nodes", f"The file has more than {MAX_NODES} values.")
            raise Unreadable(self.faults)
        self._refuse_magic(event, line, column, path)
        if isinstance(event, ScalarEvent):
            plain = event.style is None or event.style == ""
            self._settle(Node("text", line, column, path, text=event.value, plain=plain))
        elif isinstance(event, AliasEvent):
            self._settle(Node("text", line, column, path))
        else:
            kind = "list" if isinstance(event, SequenceStartEvent) else "mapping"
            self._open.append((Node(kind, line, column, path), None))
            if len(self._open) > MAX_DEPTH:
                self.fault(line, column, path, "too_deep", f"The file is nested more than {MAX_DEPTH} levels deep.")
                raise Unreadable(self.faults)

    def _refuse_magic(self, event: NodeEvent, line: int, column: int, path: str) -> None:
        if isinstance(event, AliasEvent):
            self.fault(
                line, column, path, "alias_not_allowed", f"The alias *{visible(event.anchor or '')} is not allowed."
            )
        elif event.anchor is not None:
            self.fault(line, column, path, "anchor_not_allowed", f"The anchor &{visible(event.anchor)} is not allowed.")
        tag = getattr(event, "tag", None)
        if tag is not None:
            self.fault(line, column, path, "tag_not_allowed", f"The tag {visible(tag)} is not allowed.")

    def _settle(self, node: Node) -> None:
        """Hang a finished node under the container that is open."""
        if not self._open:
            self.root = node
            return
        container, key = self._open[-1]
        if container.kind == "list":
            container.items.append(node)
        elif key is None:
            self._open[-1] = (container, self._key(container, node))
        else:
            container.entries.setdefault(key.text, Entry(key, node))
            self._open[-1] = (container, None)

    def _key(self, container: Node, node: Node) -> Node:
        if node.kind != "text":
            self.fault(node.line, node.column, container.path, "key_not_text", "A key must be plain text.")
            node = Node("text", node.line, node.column, container.path)
        elif node.plain and node.text == "<<":
            self.fault(node.line, node.column, container.path, "merge_not_allowed", "Merge keys (<<) are not allowed.")
        elif node.text in container.entries:
            first = container.entries[node.text].key.line
            message = f"The key “{visible(node.text)}” is here for the second time; the first is in line {first}."
            self.fault(node.line, node.column, joined(container.path, node.text), "duplicate_key", message)
        return node
