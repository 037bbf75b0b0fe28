"""A piece of evidence as its tile shows it, from the living copy and from a sealed submission."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import url_for

from certify.domain.rubric import Rubric
from certify.i18n import language
from certify.models.evidence import Evidence, EvidenceLink

Tile = dict[str, Any]


def kind_words(rubric: Rubric) -> dict[str, str]:
    """The rubric's kinds of evidence in the language of the page."""
    return {kind.id: kind.title.get(language()) for kind in rubric.evidence_kinds}


def _extension(filename: str) -> str:
    return filename.rpartition(".")[2]


def tile(piece: Evidence, kinds: Mapping[str, str], link: EvidenceLink | None = None) -> Tile:
    """One piece of the library; with `link` as it hangs on a criterion."""
    file = piece.current
    return {
        "id": piece.id,
        "link_id": link.id if link else None,
        "name": piece.title,
        "kind": kinds.get(piece.kind, ""),
        "type": _extension(file.filename),
        "size": file.size,
        "pages": link.pages if link else "",
        "at": file.uploaded_at,
        "by": file.uploaded_by.name,
        "url": url_for("evidence.download", revision_id=file.id),
        "digest": file.sha256,
        "personal_data": piece.personal_data,
    }


def living_tiles(links: Mapping[str, Sequence[EvidenceLink]], rubric: Rubric) -> dict[str, list[Tile]]:
    """The tiles of the living copy by criterion."""
    kinds = kind_words(rubric)
    return {criterion: [tile(link.evidence, kinds, link) for link in found] for criterion, found in links.items()}


def sealed_tiles(content: Mapping[str, Any]) -> dict[str, list[Tile]]:
    """The tiles of a sealed submission by criterion."""
    return {
        criterion: [
            {
                "name": piece["title"],
                "type": _extension(piece["filename"]),
                "size": piece["size"],
                "pages": piece["pages"],
                "url": url_for("evidence.download", revision_id=piece["revision"]),
                "digest": piece["sha256"],
            }
            for piece in found
        ]
        for criterion, found in content["evidence"].items()
    }
