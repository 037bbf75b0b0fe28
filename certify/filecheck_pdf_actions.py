"""Finds what acts in a PDF: scripts, programs, attached files, media; and whatever happens without a click.

An ordinary link, which a reader clicks, stays: to a page on the web, or to another file beside this one.
"""

import re
from collections.abc import Iterator

import pikepdf

from certify.filecheck_acting import active

# Wherever the name stands, as a key or as a value.
_NAMES = {
    "/JavaScript": "javascript",
    "/JS": "javascript",
    "/Launch": "launch",
    "/EmbeddedFile": "embedded_file",
    "/EmbeddedFiles": "embedded_file",
    "/EF": "embedded_file",
    "/RichMedia": "rich_media",
    "/XFA": "xfa",
    "/SubmitForm": "submit_form",
    "/ImportData": "import_data",
}
# Only as the kind of an action or of an annotation: these words may also name a font or a layer.
_KINDS = {
    "/GoToE": "embedded_file",
    "/Rendition": "rich_media",
    "/Movie": "rich_media",
    "/Sound": "rich_media",
    "/Screen": "rich_media",
}
# What may happen by itself, when the file or a page is opened: a move inside the file, and what is shown of it.
_QUIET = frozenset({"/GoTo", "/Named", "/SetOCGState", "/Hide", "/Trans", "/GoTo3DView", "/ResetForm", "/Thread"})
_HINT = re.compile(
    b"|".join(
        re.escape(name.encode()) + rb"(?![A-Za-z0-9])"
        for name in (*_NAMES, *_KINDS, "/OpenAction", "/AA", "/GoToR", "/Thread", "/Ref")
    )
)
_TREES = frozenset({"/EmbeddedFiles", "/JavaScript"})
# On another machine, whichever way it is written; a name beside the file, or below it, is not.
_ELSEWHERE = re.compile(r"\s*([\\/]{2}|[a-z][a-z0-9+.-]{1,20}:)", re.IGNORECASE)
_MAX_CHAIN = 100


def refuse_active(pdf: pikepdf.Pdf) -> None:
    """Raise Invalid active_content, with the feature, for the first thing in this PDF that acts."""
    for thing in pdf.objects:
        if not isinstance(thing, pikepdf.Object):
            continue
        own = thing
        if isinstance(thing, pikepdf.Stream):
            own = thing.stream_dict
            # The bytes of such a stream are fetched from another file.
            if "/F" in own:
                raise active("outside_stream")
        # Written out by the C++ side, with #-escapes of names resolved: a quick way past the harmless objects.
        if _HINT.search(own.unparse(resolved=True)):
            _refuse_in(own)


def _refuse_in(thing: pikepdf.Object) -> None:
    """Walk one object without following references; the same words inside a text string mean nothing."""
    pending: list[object] = [thing]
    while pending:
        item = pending.pop()
        if isinstance(item, pikepdf.Name):
            _refuse_name(str(item))
        elif isinstance(item, pikepdf.Dictionary):
            pending.extend(_looked_at(item))
        elif isinstance(item, pikepdf.Array):
            pending.extend(_own(item))


def _looked_at(item: pikepdf.Dictionary) -> Iterator[object]:
    """Judge a dictionary by its keys and its kind; yields the values that are left to be looked at."""
    _refuse_kind(item)
    for key, value in item.items():
        if key in _TREES and _is_empty_tree(value):
            continue
        _refuse_name(key)
        if key == "/OpenAction":
            _refuse_unasked([value])
        elif key == "/AA" and isinstance(value, pikepdf.Dictionary):
            _refuse_unasked([trigger for _, trigger in value.items()])
        yield from _own([value])


def _refuse_name(name: str) -> None:
    feature = _NAMES.get(name)
    if feature is not None:
        raise active(feature)


def _refuse_kind(item: pikepdf.Dictionary) -> None:
    for key in ("/S", "/Subtype"):
        feature = _KINDS.get(_name(item.get(key)))
        if feature is not None:
            raise active(feature)
    if "/Ref" in item and _name(item.get("/Subtype")) == "/Form":
        # A page of another file, shown as if it were here.
        raise active("outside_stream")
    if _name(item.get("/S")) in {"/GoToR", "/Thread"} and _ELSEWHERE.match(_path(item.get("/F"))):
        raise active("remote_file")


def _refuse_unasked(actions: list[object]) -> None:
    """Refuse what is done without a click, each action with those that follow it."""
    for _ in range(_MAX_CHAIN):
        if not actions:
            return
        action = actions.pop()
        if isinstance(action, pikepdf.Array):
            # A place in the file; or several actions that follow another.
            actions.extend(one for one in action if isinstance(one, pikepdf.Dictionary) and "/S" in one)
        elif isinstance(action, pikepdf.Dictionary) and "/S" in action:
            kind = _name(action["/S"])
            _refuse_name(kind)
            _refuse_kind(action)
            if kind not in _QUIET:
                raise active("on_opening")
            if "/Next" in action:
                actions.append(action["/Next"])
    raise active("on_opening")


def _name(value: object) -> str:
    return str(value) if isinstance(value, pikepdf.Name) else ""


def _path(value: object) -> str:
    """The path of a file specification, in any of its forms."""
    if isinstance(value, pikepdf.Dictionary):
        return " ".join(str(value[key]) for key in ("/UF", "/F", "/DOS", "/Unix", "/Mac") if key in value)
    return str(value) if isinstance(value, pikepdf.String) else ""


def _is_empty_tree(value: object) -> bool:
    """What is left of a list of attachments or scripts when they were all taken out."""
    if not isinstance(value, pikepdf.Dictionary):
        return False
    names = value.get("/Names")
    return "/Kids" not in value and (names is None or (isinstance(names, pikepdf.Array) and len(names) == 0))


def _own(values: object) -> Iterator[object]:
    # Each indirect object stands in pdf.objects itself; following references could go round in circles.
    for value in values:  # type: ignore[attr-defined]
        if isinstance(value, pikepdf.Object) and not value.is_indirect:
            yield value
