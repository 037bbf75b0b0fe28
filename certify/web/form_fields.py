"""Which fields each form has: a request with another one, or with one of them twice, is refused whole (R11).

A field that nobody reads does no harm today; it does as soon as somebody reads it. A name with `*` stands for many,
one for each criterion or row; a name with `[]` may be sent several times, as ticked boxes are.
"""

import re
from collections.abc import Iterator
from fnmatch import translate
from functools import cache
from itertools import islice

from flask import Flask, request

from certify.domain.errors import FieldError, Invalid
from certify.web.forms import visible

# The form of one criterion has buttons that lead to several addresses and always sends all that stands in it. A file
# that is sent as text carries its name only.
_CRITERION = [
    *("version", "writer", "*-points", "*-reason", "narrative-*"),
    *("link_id", "evidence_id", "file", "title", "kind", "pages", "personal_data"),
]
_SEEN = ["version"]

FIELDS: dict[str, list[str]] = {
    "account.sign_in_send": ["email", "password", "next"],
    "account.sign_out": [],
    "account.language": ["lang", "next"],
    "account.accept_send": ["name", "password"],
    "account.password_send": ["current", "password"],
    "sessions.end": [],
    "sessions.end_others": [],
    "tokens.create": ["name", "scopes[]", "days", "password"],
    "tokens.revoke": [],
    "webhooks.create": ["name", "url", "scheme", "events[]"],
    "webhooks.switch_on": [],
    "webhooks.switch_off": [],
    "webhooks.remove": _SEEN,
    "webhooks.ping": [],
    "webhooks.resend": [],
    "users.invite_send": ["name", "email", "role", "organisation_id"],
    "users.set_active": ["active"],
    "users.set_roles": [*_SEEN, "roles[]"],
    "confirmations.invitation": ["answer"],
    "confirmations.proposal": ["answer"],
    "memberships.answer": ["answer"],
    "memberships.end": ["role"],
    "users.end_sessions": [],
    "users.end_token": [],
    "organisations.new_post": [
        *("name", "kind", "street", "postcode", "city", "voivodeship", "nip", "regon", "gminas"),
    ],
    "organisations.add_unit": ["name"],
    "applications.create": ["unit", "scheme"],
    "applications.submit_post": [*_SEEN, "declaration"],
    "applications.withdraw_post": _SEEN,
    "applications.object_to_post": [*_SEEN, "assignment", "reason"],
    "applications.agree_team": _SEEN,
    "applications.comment_post": ["kind", "criterion", "text"],
    "applications.end_hearing": _SEEN,
    "applications.report_condition": ["c*-version", "c*-report"],
    "applications.appeal_post": [*_SEEN, "grounds"],
    "answers.save": _CRITERION,
    "carry_over.confirm": _CRITERION,
    "carry_over.send": ["areas[]"],
    "evidence.attach": _CRITERION,
    "evidence.link": _CRITERION,
    "evidence.detach": _CRITERION,
    "evidence.upload": ["organisation", "file[]"],
    "evidence.describe": [
        *(*_SEEN, "title", "proves", "kind", "author", "period_from", "period_to", "valid_until"),
        *("names_people", "shows_pesel", "shows_faces", "has_consent"),
    ],
    "evidence.revise": ["file"],
    "evidence.link_many": ["application", "criteria[]", "pages-*"],
    "evidence.remove": [*_SEEN, "with_links"],
    "exchange.compare": ["file"],
    "exchange.confirm": ["*-points", "*-reason", "*-seen", "*-take", "*-both", "narrative-*"],
    "readiness.confirm": ["seen[]"],
    "desk.delegate": ["person", "due_on"],
    "desk.comment": ["text"],
    "desk.resolve": ["comment_id"],
    "desk.restore": [*_SEEN, "number"],
    "uploads.begin": [],
    "uploads.begin_in_library": [],
    "supplements.offer": [*_SEEN, "criteria[]", "note"],
    "supplements.answer": ["item*-accepted", "item*-reason"],
    "audits.declare_post": [*_SEEN, "tie", "note"],
    "audits.score": ["*-points", "*-reason", "number"],
    "audits.close_scoring": _SEEN,
    "audits.hand_in_post": [*_SEEN, "sure"],
    "audits.record_visit_post": ["held_on", "minutes"],
    "audits.settle": [*_SEEN, "*-points", "*-note"],
    "audits.agree": _SEEN,
    "audits.confirm_conditions_post": [*_SEEN, "note"],
    "reports.send_report": [*_SEEN, "summary", "strengths", "recommendations"],
    "reports.answer_comment": ["item*-version", "item*-accepted", "item*-answer"],
    "reports.finalise": [*_SEEN, "summary", "strengths", "recommendations"],
    "cases.accept": _SEEN,
    "cases.return_case_post": [
        *_SEEN,
        "note",
        "rows",
        "more",
        "request-*-kind",
        "request-*-text",
        "request-*-criteria[]",
    ],
    "cases.reject_post": [*_SEEN, "note"],
    "cases.extend_conditions_post": [*_SEEN, "note"],
    "cases.appoint": [*_SEEN, "auditor_id", "lead"],
    "cases.release": [*_SEEN, "assignment_id"],
    "cases.overrule": [*_SEEN, "assignment_id", "note"],
    "cases.start_audit": _SEEN,
    "cases.end_hearing": _SEEN,
    "certificates.issue": _SEEN,
    "decisions.decide_post": [*_SEEN, "outcome", "reasons", "departure_reasons", "condition-*"],
    "decisions.fail_conditions": [*_SEEN, "reasons"],
    "decisions.appeal_post": [*_SEEN, "answer", "reasons"],
    "public.verify_file": ["file"],
}
# So many faults say enough; a hostile form may have thousands of names.
_MOST = 20


def init_app(app: Flask) -> None:
    """After the token was checked, so that a stranger learns nothing of our forms."""
    app.before_request(_check_fields)


def fault_of(endpoint: str, name: str, times: int) -> str | None:
    """The code of what is wrong with a field that was sent so many times; None when nothing is."""
    if name == "csrf_token":
        return "duplicate_key" if times > 1 else None
    names, patterns = _known(endpoint)
    many = names.get(name)
    if many is None:
        many = next((repeated for pattern, repeated in patterns if pattern.match(name)), None)
    if many is None:
        return "unknown_field"
    return None if times == 1 or many else "duplicate_key"


@cache
def _known(endpoint: str) -> tuple[dict[str, bool], list[tuple[re.Pattern[str], bool]]]:
    """Names, and patterns for what has none of them; each with whether it may be sent several times."""
    names, patterns = {}, []
    for one in FIELDS[endpoint]:
        name, many = one.removesuffix("[]"), one.endswith("[]")
        if "*" in name:
            patterns.append((re.compile(translate(name)), many))
        else:
            names[name] = many
    return names, patterns


def _check_fields() -> None:
    if request.method != "POST" or request.endpoint not in FIELDS:
        return
    errors = list(islice(_faults(request.endpoint), _MOST))
    if errors:
        raise Invalid(errors, code=errors[0].code)


def _faults(endpoint: str) -> Iterator[FieldError]:
    for source in (request.form, request.files):
        for name, sent in source.lists():
            fault = fault_of(endpoint, name, len(sent))
            if fault:
                yield FieldError(visible(name[:80]), fault)
