"""The radar of areas as a picture: drawn by pygal, then stripped to shapes with plain attributes.

pygal's own output carries a script, a style sheet and its settings. None of that is wanted in a file that is shown as
an image under a strict content security policy, so every look is written to the shape itself.
"""

import functools
import importlib
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

from flask_babel import gettext

# Of lxml or of the standard library, as pygal chooses.
Element = Any

SIZE = 560
MARGIN = 56
LEGEND_HEIGHT = 16
INK, SOFT, LINE, ACCENT, PAPER = "#14323a", "#4c6268", "#b9b3a6", "#9a4a0c", "#fbf9f5"
FONT = "Lato, 'Segoe UI', 'DejaVu Sans', sans-serif"

VALUES = {"stroke": INK, "stroke-width": "3", "stroke-linejoin": "round", "fill": INK, "fill-opacity": "0.1"}
THRESHOLD = {"stroke": ACCENT, "stroke-width": "2.5", "stroke-dasharray": "7 5", "fill": "none"}


@functools.cache
def _pygal() -> ModuleType:
    """Loaded when the first picture is drawn: with all its charts it takes 0.1 s of every start, and 12 MiB."""
    return importlib.import_module("pygal")


def radar(
    values: Sequence[tuple[str, float | None]],
    threshold: float | None = None,
    title: str = "",
    names: tuple[str, str] | None = None,
) -> bytes:
    """An SVG of one ring from 0 to 100 percent: (label, percent or None) clockwise from the top, and the threshold.

    The values are a solid line, the threshold is a dashed one, so the picture reads in grey too; each label carries its
    number. A value of None has no number yet and no dot. `names` are the words of the legend.
    """
    of_values, of_threshold = names or (gettext("self-rating"), gettext("threshold"))
    # pygal goes round against the clock; people read with it.
    turned = [*values[:1], *reversed(values[1:])]
    chart = _pygal().Radar(
        js=(), width=SIZE, height=SIZE, margin=MARGIN, range=(0, 100), y_labels=[25, 50, 75, 100], show_legend=False,
        title=None, dots_size=4, truncate_label=60, explicit_size=True, no_data_text="–",
    )  # fmt: skip
    chart.x_labels = [label for label, _ in turned]
    chart.add(of_values, [0 if value is None else value for _, value in turned])
    if threshold is not None:
        chart.add(of_threshold, [threshold] * len(turned), show_dots=False)
    tree = chart.render_tree()
    _strip(tree)
    for number, (_, value) in enumerate(turned):
        if value is None:
            _hide_dot(tree, number)
    _dress(tree, [None if value is None else round(value) for _, value in turned])
    _add_legend(tree, of_values, of_threshold if threshold is not None else None)
    tree.set("viewBox", f"0 0 {SIZE} {SIZE + LEGEND_HEIGHT}")
    tree.set("height", str(SIZE + LEGEND_HEIGHT))
    tree.set("role", "img")
    heading = tree.makeelement("title", {})
    heading.text = title or of_values
    tree.insert(0, heading)
    return bytes(_pygal().etree.etree.tostring(tree, encoding="utf-8"))


def _classes(node: Element) -> set[str]:
    return set(node.get("class", "").split())


def _strip(tree: Element) -> None:
    """Take out all that is no picture: settings, script, style sheet, comments, and what pygal's script would show."""
    for parent in list(tree.iter()):
        for child in list(parent):
            unwanted = child.tag in {"defs", "title", "desc", "script", "style"} or not isinstance(child.tag, str)
            if unwanted or "tooltip-overlay" in _classes(child):
                parent.remove(child)


def _below(parent: Element, tag: str, attributes: Mapping[str, str]) -> Element:
    child = parent.makeelement(tag, dict(attributes))
    parent.append(child)
    return child


def _dots(tree: Element) -> list[Element]:
    return [node for node in tree.iter("circle") if "dot" in _classes(node)]


def _hide_dot(tree: Element, number: int) -> None:
    dots = _dots(tree)
    if number < len(dots):
        dots[number].set("r", "0")


def _dress(tree: Element, values: list[int | None]) -> None:
    """Write the look of each shape to its attributes, and turn the labels upright."""
    shapes = [(node, around) for node, around in _with_classes(tree, frozenset()) if node.tag != "g"]
    for node, around in shapes:
        node.attrib.update(_look(node.tag, around))
    labels = [node for node, around in shapes if node.tag == "text" and "x" in around]
    middle = float(labels[0].get("x", "0")) if labels else 0
    for node, value in zip(labels, values, strict=False):
        _label(node, value, middle)
    for node in tree.iter():
        node.attrib.pop("class", None)
        node.attrib.pop("id", None)


def _look(tag: str, around: frozenset[str]) -> dict[str, str]:
    if tag == "rect":
        return {"fill": "none" if "plot" in around else PAPER}
    if tag == "path":
        return _line_look(around)
    if tag == "circle":
        return {"fill": INK, "stroke": PAPER, "stroke-width": "1.5"}
    if tag == "text":
        return {"font-family": FONT, "fill": SOFT, "font-size": "12", "text-anchor": "end", "dy": "4"}
    return {}


def _line_look(around: frozenset[str]) -> dict[str, str]:
    if "serie-0" in around:
        return VALUES
    if "serie-1" in around:
        return THRESHOLD
    return {"stroke": LINE, "stroke-width": "1", "fill": "none"}


def _with_classes(node: Element, around: frozenset[str]) -> Iterator[tuple[Element, frozenset[str]]]:
    """Each element below `node` with the classes of all elements around it."""
    inside = around | _classes(node)
    for child in node:
        yield child, inside
        yield from _with_classes(child, inside)


def _label(node: Element, value: int | None, middle: float) -> None:
    """Upright, away from the ring on its own side, with the number in bold after the name."""
    node.attrib.pop("transform", None)
    across = float(node.get("x", "0")) - middle
    aloft = abs(across) < 30 and float(node.get("y", "0")) < SIZE / 2
    node.set("text-anchor", "middle" if abs(across) < 30 else "start" if across > 0 else "end")
    node.attrib.update({"fill": INK, "font-size": "15", "dy": "-4" if aloft else "4"})
    number = _below(node, "tspan", {"font-weight": "700", "dx": "5"})
    number.text = "–" if value is None else f"{value}%"


def _add_legend(tree: Element, of_values: str, of_threshold: str | None) -> None:
    """Below the ring, a piece of each line and its name; `VALUES` without its fill."""
    base = SIZE - 14
    strip = {"x": "0", "y": str(SIZE), "width": str(SIZE), "height": str(LEGEND_HEIGHT), "fill": PAPER}
    _below(tree, "rect", strip)
    entries = [(of_values, VALUES)] + ([(of_threshold, THRESHOLD)] if of_threshold else [])
    width = SIZE / len(entries)
    for number, (name, look) in enumerate(entries):
        left = number * width + 24
        line = {"d": f"M{left:.0f} {base} h44", "stroke": look["stroke"], "stroke-width": look["stroke-width"]}
        if "stroke-dasharray" in look:
            line["stroke-dasharray"] = look["stroke-dasharray"]
        _below(tree, "path", line)
        text = {"x": f"{left + 54:.0f}", "y": str(base + 5), "font-family": FONT, "font-size": "15", "fill": INK}
        _below(tree, "text", text).text = name
