"""The authorisation matrix of the API, written by hand like that of the pages (`tests.authorisation`).

Read a line as there: who passes by role, at which stage the case stands, who of those that see it may. A token with
every scope is sent; which scope opens which route stands in `SCOPES`. A route that is not listed fails the test.
"""

from certify.domain.lifecycle import Status as S
from tests.authorisation import (
    AUDITORS,
    CENTRE,
    COORDINATOR,
    DECISION_MAKER,
    EVERYBODY,
    LEADS,
    MANAGERS,
    OFFICE,
    SIGNED_IN,
    Line,
)  # fmt: skip

READ, CENTRE_WRITE = frozenset({"read"}), frozenset({"centre:write"})
AUDIT_WRITE, COORDINATION = frozenset({"audit:write"}), frozenset({"coordination:write"})
DECISION_WRITE = frozenset({"decision:write"})
PUBLIC: frozenset[str] = frozenset()

Row = tuple[Line, frozenset[str]]

PUBLIC_DATA: dict[str, Row] = {
    "api_document.openapi": (Line(EVERYBODY, kind=""), PUBLIC),
    "api_rubrics.index": (Line(EVERYBODY, kind=""), PUBLIC),
    "api_rubrics.show": (Line(EVERYBODY, kind="standard"), PUBLIC),
    "api_rubrics.trial": (Line(EVERYBODY, kind="standard"), PUBLIC),
    "api_certificates.index": (Line(EVERYBODY, kind=""), PUBLIC),
    "api_certificates.show": (Line(EVERYBODY, kind="certificate"), PUBLIC),
    "api_certificates.pdf": (Line(EVERYBODY, kind="certificate"), PUBLIC),
    "api_certificates.badge": (Line(EVERYBODY, kind="certificate"), PUBLIC),
    "api_certificates.register": (Line(EVERYBODY, kind=""), PUBLIC),
    "api_certificates.checkpoint": (Line(EVERYBODY, kind=""), PUBLIC),
    "api_verification.verify": (Line(EVERYBODY, kind=""), PUBLIC),
}
ORGANISATIONS: dict[str, Row] = {
    "api_organisations.index": (Line(CENTRE | OFFICE, kind=""), READ),
    "api_organisations.create": (Line(OFFICE, kind=""), COORDINATION),
    "api_organisations.show": (Line(CENTRE | OFFICE, kind="holder"), READ),
    "api_organisations.change": (Line(OFFICE, kind="organisation"), COORDINATION),
    "api_organisations.add_unit": (Line(OFFICE, kind="organisation"), COORDINATION),
}
CASES: dict[str, Row] = {
    "api_applications.index": (Line(SIGNED_IN, kind=""), READ),
    "api_applications.create": (Line(CENTRE, kind=""), CENTRE_WRITE),
    "api_applications.show": (Line(SIGNED_IN, S.CERTIFIED), READ),
    "api_applications.events": (Line(SIGNED_IN, S.CERTIFIED), READ),
    "api_answers.index": (Line(CENTRE, S.DRAFT), READ),
    "api_answers.show": (Line(CENTRE, S.DRAFT), READ),
    "api_answers.save": (Line(CENTRE, S.DRAFT), CENTRE_WRITE),
    "api_actions.index": (Line(SIGNED_IN, S.CERTIFIED), READ),
}
EVIDENCE: dict[str, Row] = {
    "api_evidence.index": (Line(CENTRE, kind=""), READ),
    "api_evidence.create": (Line(CENTRE, kind=""), CENTRE_WRITE),
    "api_evidence.show": (Line(SIGNED_IN, kind="proof"), READ),
    "api_evidence.content": (Line(SIGNED_IN, kind="proof"), READ),
    "api_evidence.change": (Line(CENTRE, kind="piece"), CENTRE_WRITE),
    "api_evidence.revise": (Line(CENTRE, kind="piece"), CENTRE_WRITE),
    # What a submission names stays, whoever asks.
    "api_evidence.remove": (Line(CENTRE, kind="proof"), CENTRE_WRITE),
    "api_evidence.links": (Line(CENTRE, S.DRAFT), READ),
    "api_evidence.link": (Line(CENTRE, S.DRAFT), CENTRE_WRITE),
    # Where nothing can be taken off any more.
    "api_evidence.unlink": (Line(CENTRE, S.CERTIFIED), CENTRE_WRITE),
}
ACTIONS: dict[str, Row] = {
    "submit": (Line(CENTRE, S.DRAFT, only=MANAGERS), CENTRE_WRITE),
    "withdraw": (Line(CENTRE, S.DRAFT, only=MANAGERS), CENTRE_WRITE),
    "return": (Line(COORDINATOR, S.SUBMITTED), COORDINATION),
    "accept": (Line(COORDINATOR, S.SUBMITTED), COORDINATION),
    "reject": (Line(COORDINATOR, S.SUBMITTED), COORDINATION),
    # No case of the world was returned: for its people the action is out of turn.
    "resubmit": (Line(CENTRE, S.DRAFT), CENTRE_WRITE),
    "agree_team": (Line(CENTRE, S.TEAMING, only=MANAGERS), CENTRE_WRITE),
    "start_audit": (Line(COORDINATOR, S.TEAMING), COORDINATION),
    "hand_in": (Line(AUDITORS, S.AUDIT), AUDIT_WRITE),
    "record_visit": (Line(AUDITORS, S.AUDIT, only=LEADS), AUDIT_WRITE),
    "close_scoring": (Line(AUDITORS | COORDINATOR, S.AUDIT, only=LEADS | COORDINATOR), AUDIT_WRITE | COORDINATION),
    "agree": (Line(AUDITORS, S.CONSENSUS, only=LEADS), AUDIT_WRITE),
    "send_report": (Line(AUDITORS, S.REPORT, only=LEADS), AUDIT_WRITE),
    "end_hearing": (
        Line(CENTRE | COORDINATOR, S.HEARING, only=MANAGERS | COORDINATOR), CENTRE_WRITE | COORDINATION,
    ),
    "finalise": (Line(AUDITORS, S.REPORT, only=LEADS), AUDIT_WRITE),
    "grant": (Line(DECISION_MAKER, S.DECISION), DECISION_WRITE),
    "grant_conditionally": (Line(DECISION_MAKER, S.DECISION), DECISION_WRITE),
    "refuse": (Line(DECISION_MAKER, S.DECISION), DECISION_WRITE),
    "confirm_conditions": (Line(AUDITORS, S.CONDITIONAL), AUDIT_WRITE),
    "extend_conditions": (Line(COORDINATOR, S.CONDITIONAL), COORDINATION),
    "fail_conditions": (Line(DECISION_MAKER, S.CONDITIONAL), DECISION_WRITE),
    "issue": (Line(COORDINATOR, S.GRANTED), COORDINATION),
    "appeal": (Line(CENTRE, S.REFUSED, only=MANAGERS), CENTRE_WRITE),
    "uphold": (Line(DECISION_MAKER, S.APPEAL), DECISION_WRITE),
    "dismiss": (Line(DECISION_MAKER, S.APPEAL), DECISION_WRITE),
}  # fmt: skip
PART_ACTIONS: dict[str, Row] = {
    "appoint": (Line(COORDINATOR, S.TEAMING), COORDINATION),
    "release": (Line(COORDINATOR, S.TEAMING), COORDINATION),
    "declare": (Line(AUDITORS, S.TEAMING), AUDIT_WRITE),
    "object": (Line(CENTRE, S.TEAMING, only=MANAGERS), CENTRE_WRITE),
    "overrule": (Line(COORDINATOR, S.TEAMING), COORDINATION),
    "offer_supplement": (Line(CENTRE, S.AUDIT, only=MANAGERS), CENTRE_WRITE),
    "answer_supplement": (Line(AUDITORS, S.AUDIT, only=LEADS), AUDIT_WRITE),
    "score": (Line(AUDITORS, S.AUDIT), AUDIT_WRITE),
    "settle": (Line(AUDITORS, S.CONSENSUS), AUDIT_WRITE),
    "comment": (Line(CENTRE, S.HEARING), CENTRE_WRITE),
    "answer_comment": (Line(AUDITORS, S.REPORT, only=LEADS), AUDIT_WRITE),
    "report_condition": (Line(CENTRE, S.CONDITIONAL), CENTRE_WRITE),
}
_FILE = CENTRE | AUDITORS | COORDINATOR | DECISION_MAKER
_COMPARING = AUDITORS | COORDINATOR | DECISION_MAKER
AUDIT: dict[str, Row] = {
    "api_assignments.auditors": (Line(COORDINATOR, kind=""), READ),
    "api_assignments.index": (Line(SIGNED_IN, S.CERTIFIED), READ),
    "api_assignments.appoint": (Line(COORDINATOR, S.TEAMING), COORDINATION),
    # The address names the lead auditor's place.
    "api_assignments.declare": (Line(AUDITORS, S.TEAMING, only=LEADS), AUDIT_WRITE),
    "api_assignments.object_to": (Line(CENTRE, S.TEAMING, only=MANAGERS), CENTRE_WRITE),
    "api_scores.index": (Line(_COMPARING, S.AUDIT), READ),
    "api_scores.show": (Line(AUDITORS, S.AUDIT), READ),
    "api_scores.save": (Line(AUDITORS, S.AUDIT), AUDIT_WRITE),
    "api_scores.consensus": (Line(_COMPARING, S.CERTIFIED), READ),
    "api_scores.settle": (Line(AUDITORS, S.CONSENSUS), AUDIT_WRITE),
    "api_supplements.submission": (Line(SIGNED_IN, S.AUDIT), READ),
    "api_supplements.requests": (Line(SIGNED_IN, S.AUDIT), READ),
    "api_supplements.index": (Line(SIGNED_IN, S.AUDIT), READ),
    "api_supplements.offer": (Line(CENTRE, S.AUDIT, only=MANAGERS), CENTRE_WRITE),
    "api_supplements.answer": (Line(AUDITORS, S.AUDIT, only=LEADS), AUDIT_WRITE),
    "api_reports.index": (Line(_FILE, S.CERTIFIED), READ),
    "api_reports.ratings": (Line(_FILE, S.CERTIFIED), READ),
    "api_reports.hearing_items": (Line(_FILE, S.CERTIFIED), READ),
    "api_reports.comment": (Line(CENTRE, S.HEARING), CENTRE_WRITE),
    "api_reports.answer_comment": (Line(AUDITORS, S.REPORT, only=LEADS), AUDIT_WRITE),
    "api_decisions.show": (Line(SIGNED_IN, S.CERTIFIED), READ),
    "api_decisions.trace": (Line(SIGNED_IN, S.CERTIFIED), READ),
    "api_decisions.report_condition": (Line(CENTRE, S.CONDITIONAL), CENTRE_WRITE),
}
DESK: dict[str, Row] = {
    "api_desk.people": (Line(CENTRE, S.DRAFT), READ),
    "api_desk.areas": (Line(CENTRE, S.DRAFT), READ),
    "api_desk.delegate": (Line(CENTRE, S.DRAFT, only=MANAGERS), CENTRE_WRITE),
    "api_desk.sign_off": (Line(CENTRE, S.DRAFT, only=MANAGERS), CENTRE_WRITE),
    "api_desk.comments": (Line(CENTRE, S.DRAFT), READ),
    "api_desk.comment": (Line(CENTRE, S.DRAFT), CENTRE_WRITE),
    "api_desk.resolve": (Line(CENTRE, S.DRAFT), CENTRE_WRITE),
    "api_desk.versions": (Line(CENTRE, S.DRAFT), READ),
    "api_desk.restore": (Line(CENTRE, S.DRAFT), CENTRE_WRITE),
}
WEBHOOKS: dict[str, Row] = {
    "api_webhooks.index": (Line(OFFICE, kind=""), READ),
    "api_webhooks.create": (Line(OFFICE, kind=""), COORDINATION),
    "api_webhooks.show": (Line(OFFICE, kind="webhook"), READ),
    "api_webhooks.change": (Line(OFFICE, kind="webhook"), COORDINATION),
    "api_webhooks.remove": (Line(OFFICE, kind="webhook"), COORDINATION),
    "api_webhooks.ping": (Line(OFFICE, kind="webhook"), COORDINATION),
    "api_webhooks.deliveries": (Line(OFFICE, kind="webhook"), READ),
    "api_webhooks.resend": (Line(OFFICE, kind="webhook"), COORDINATION),
}
ROWS: dict[str, Row] = {
    **PUBLIC_DATA,
    **ORGANISATIONS,
    **CASES,
    **AUDIT,
    **DESK,
    **EVIDENCE,
    **WEBHOOKS,
    **{f"api_actions.{name}": row for name, row in (ACTIONS | PART_ACTIONS).items()},
}
API_MATRIX: dict[str, Line] = {endpoint: line for endpoint, (line, _) in ROWS.items()}
SCOPES: dict[str, frozenset[str]] = {endpoint: scopes for endpoint, (_, scopes) in ROWS.items()}
