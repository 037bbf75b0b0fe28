"""Sentences for programs that use the HTTP API, and for the people who make tokens for them.

`code.api` is what the API says where a page says something else for the same code.
"""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

API: dict[str, LazyString] = {
    "token_invalid": _l("This token is unknown, has expired or was revoked, or its owner's account is disabled."),
    "scope_missing": _l("This token has no scope for it. Its owner can make another one."),
    "scopes_missing": _l("Choose at least one thing that the token may be used for."),
    "too_many_tokens": _l("You have 20 tokens that work. Revoke one before you make another."),
    "days_out_of_range": _l("A token lives from 1 to 365 days."),
    "unsupported_media_type": _l("Send JSON in UTF-8 with the content type application/json."),
    "multipart_expected": _l("Send multipart/form-data with the parts that the description of this operation names."),
    "json_or_file_expected": _l("Send the number as application/json, or the file as a part of multipart/form-data."),
    "packed_body": _l("Send the body as it is: a packed one (Content-Encoding) is not read."),
    "place_unclear": _l("Name the organisation, or the application with the criterion: one of both."),
    "duplicate_key": _l("The same name stands in the request twice."),
    "too_many": _l("These are too many at once."),
    "bad_cursor": _l("This is not a cursor that the list gave. Begin without one."),
    "precondition_required": _l("Say in If-Match which version you saw: the ETag of the last answer."),
    "idempotency_key_required": _l("Send an Idempotency-Key of 1 to 100 signs, so that a repeat has no second effect."),
    "idempotency_key_reused": _l("This Idempotency-Key was sent with another request. Take a new one."),
    "idempotency_in_progress": _l("The same request is still being worked on. Ask again in a moment."),
    "too_many_requests": _l("Too many requests in a short time. Wait as long as Retry-After says."),
    "malformed_json.api": _l("The body is not JSON in UTF-8, or is nested too deeply."),
    "malformed_request.api": _l("The request could not be read."),
    "unknown_field.api": _l("The request has a field that is not known here."),
    "wrong_type.api": _l("This value is of another type than the field."),
    "required.api": _l("This field is missing."),
    "too_large.api": _l("The body of the request is too large."),
    "login_required.api": _l("Send a token: Authorization: Bearer TOKEN."),
    "forbidden.api": _l("The role of the token's owner does not allow this."),
    "stale_version.api": _l("Somebody changed this in the meantime. Read it again and compare."),
}

SCOPES: dict[str, LazyString] = {
    "read": _l("Read what you may read"),
    "centre:write": _l("Write for a centre: applications, answers, evidence"),
    "audit:write": _l("Write as an auditor: ratings, visits, reports"),
    "coordination:write": _l("Write as a coordinator: centres, formal check, teams, certificates"),
    "decision:write": _l("Write as a decision maker: decisions, appeals"),
}
