"""A file in a request: multipart/form-data with one part for the file and, where something is said of it, one of JSON.

Nothing else may stand in such a request, as in a body of JSON.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any, BinaryIO, cast

from flask import request
from marshmallow import Schema, ValidationError

from certify.api import strict_json
from certify.api.examples import example_of
from certify.api.fields import faults_in, refuse_packed
from certify.domain.errors import FieldError, Malformed, NotAccepted

META = "meta"
MULTIPART = "multipart/form-data"


@dataclass(frozen=True)
class Upload:
    """What a request with a file holds: the name of the file's part, the shape of `meta`, and how large it may be.

    `limit` is in bytes, for the whole request; without a shape nothing is said of the file.
    `words`: as in `web.access.says`.
    """

    part: str
    limit: int
    meta: type[Schema] | None = None
    words: str = ""

    def described(self) -> dict[str, Any]:
        """The body of the request for the OpenAPI document."""
        file = {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}
        properties: dict[str, Any] = {self.part: file}
        example: dict[str, Any] = {self.part: "(the bytes of the file)"}
        found: dict[str, Any] = {"schema": {"type": "object", "required": [self.part], "properties": properties}}
        if self.meta is not None:
            properties[META] = self.meta
            example[META] = example_of(self.meta)
            found["schema"]["required"].append(META)
            found["encoding"] = {META: {"contentType": "application/json"}}
        found["schema"]["additionalProperties"] = False
        return {MULTIPART: {**found, "example": example}}


@dataclass(frozen=True)
class Received:
    """A file as it came, not checked yet, and what was said of it."""

    stream: BinaryIO
    filename: str
    meta: dict[str, Any]


def with_file(upload: Upload, read: Callable[[], Any] | None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Hand the view what was uploaded as its first argument; `read` has what a request without a file holds instead."""

    def around(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def received(*args: Any, **kwargs: Any) -> Any:
            refuse_packed(request)
            if read is not None and request.mimetype not in {MULTIPART, "application/json"}:
                raise NotAccepted("json_or_file_expected")
            sent = read() if read is not None and request.mimetype != MULTIPART else _received(upload)
            return view(sent, *args, **kwargs)

        return received

    return around


def _received(upload: Upload) -> Received:
    """The file of the running request; raises `NotAccepted`, `Malformed`, `Invalid` with a code for each part."""
    if request.mimetype != MULTIPART:
        raise NotAccepted("multipart_expected")
    faults = list(_faults(upload))
    if faults:
        raise strict_json.refused(faults)
    file = request.files[upload.part]
    return Received(cast(BinaryIO, file.stream), file.filename or "", _meta(upload.meta) if upload.meta else {})


def _faults(upload: Upload) -> Iterator[FieldError]:
    texts = {META} if upload.meta is not None else set()
    for given, wanted in ((request.form, texts), (request.files, {upload.part})):
        for name, values in given.lists():
            if name not in texts | {upload.part}:
                yield FieldError(name[:80], "unknown_field")
            elif name not in wanted:
                # A text in the place of the file, or the other way round.
                yield FieldError(name, "wrong_type")
            elif len(values) > 1:
                yield FieldError(name, "duplicate_key")
    file = request.files.get(upload.part)
    if (file is None or not file.filename) and upload.part not in request.form:
        yield FieldError(upload.part, "file_missing")
    if texts - request.form.keys() - request.files.keys():
        yield FieldError(META, "required")


def _meta(shape: type[Schema]) -> dict[str, Any]:
    text = request.form[META]
    # Bytes that are no UTF-8 arrive as this sign; they are not to become somebody's text.
    if "\ufffd" in text:
        raise Malformed("malformed_json")
    try:
        found: dict[str, Any] = shape().load(strict_json.parse(text.encode()))
    except ValidationError as error:
        raise strict_json.refused(list(faults_in(error.messages))) from None
    return found
