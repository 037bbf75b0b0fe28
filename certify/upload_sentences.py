"""Sentences for uploads that come in parts."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

UPLOADS: dict[str, LazyString] = {
    "offset_mismatch": _l("Another part of this file came in first. The upload goes on from what is here."),
    "upload_busy": _l("A part of this file is being written right now. Try again in a moment."),
    "checksum_mismatch": _l("A part of this file was damaged on its way. Send it again."),
    "upload_expired": _l("This upload stood unfinished for too long. Choose the file again."),
    "too_many_uploads": _l("You have many unfinished uploads. Finish or cancel one first; they lapse after a day."),
    "tus_version_wrong": _l("This address speaks version 1.0.0 of the tus protocol."),
    "unsupported_media_type": _l("This address does not take a body of this kind."),
}
