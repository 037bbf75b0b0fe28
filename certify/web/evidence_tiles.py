"""A piece of evidence as its tile shows it, from the living copy and from a sealed submission."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import url_for

from certify.domain.rubric import Rubric, Text
from certify.i18n import language
from certify.models.evidence import Evidence, EvidenceLink, EvidenceRevision
from certify.queries import scans
from certify.queries.evidence import closed_because
from certify.queries.library import period_of
from certify.timing import today
from certify.web.access import actor

Tile = dict[str, Any]


def kind_words(rubric: Rubric) -> dict[str, str]:
    """The rubric's kinds of evidence in the language of the page."""
    return {kind.id: kind.title.get(language()) for kind in rubric.evidence_kinds}


def kind_titles(kinds: Mapping[str, Text]) -> dict[str, str]:
    """Kinds of several standards in the language of the page."""
    return {key: title.get(language()) for key, title in kinds.items()}


def _extension(filename: str) -> str:
    return filename.rpartition(".")[2]


def can_be_shown(file: EvidenceRevision) -> bool:
    """Whether a browser may show the file itself: a PDF, or a picture that was drawn anew on its way in."""
    return file.media_type == "application/pdf" or file.original_sha256 is not None


def tile(piece: Evidence, kinds: Mapping[str, str], link: EvidenceLink | None = None) -> Tile:
    """One piece of the library; with `link` as it hangs on a criterion. A file that is closed has no addresses."""
    file = piece.current
    opens = closed_because(actor(), file) is None
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
        "url": url_for("evidence.download", revision_id=file.id) if opens else None,
        "digest": file.sha256,
        "scan": file.scan,
        "page_url": url_for("evidence.piece", evidence_id=piece.id),
        "show_url": url_for("evidence.preview", revision_id=file.id) if opens and can_be_shown(file) else None,
        "stale": period_of(piece).is_stale(today()),
        "proves": piece.proves,
        "personal_data": piece.personal_data,
    }


def living_tiles(links: Mapping[str, Sequence[EvidenceLink]], rubric: Rubric) -> dict[str, list[Tile]]:
    """The tiles of the living copy by criterion."""
    kinds = kind_words(rubric)
    return {criterion: [tile(link.evidence, kinds, link) for link in found] for criterion, found in links.items()}


def sealed_tiles(content: Mapping[str, Any]) -> dict[str, list[Tile]]:
    """The tiles of a sealed submission by criterion; what a scanner found later closes a file here too."""
    evidence: Mapping[str, Sequence[Mapping[str, Any]]] = content["evidence"]
    suspect = scans.not_clean(piece["revision"] for found in evidence.values() for piece in found)
    return {
        criterion: [_sealed_tile(piece, suspect.get(piece["revision"])) for piece in found]
        for criterion, found in evidence.items()
    }


def _sealed_tile(piece: Mapping[str, Any], suspect: EvidenceRevision | None) -> Tile:
    opens = suspect is None or closed_because(actor(), suspect) is None
    return {
        "name": piece["title"],
        "type": _extension(piece["filename"]),
        "size": piece["size"],
        "pages": piece["pages"],
        "url": url_for("evidence.download", revision_id=piece["revision"]) if opens else None,
        "digest": piece["sha256"],
        "scan": suspect.scan if suspect else "clean",
    }
