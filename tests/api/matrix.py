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
}
ORGANISATIONS: dict[str, Row] = {
    "api_organisations.index": (Line(CENTRE | OFFICE, kind=""), READ),
    "api_organisations.create": (Line(OFFICE, kind=""), COORDINATION),
    "api_organisations.show": (Line(CENTRE | OFFICE, kind="holder"), READ),
    "api_organisations.change": (Line(OFFICE, kind="organisation"), COORDINATION),
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
    **WEBHOOKS,
    **{f"api_actions.{name}": row for name, row in ACTIONS.items()},
}
API_MATRIX: dict[str, Line] = {endpoint: line for endpoint, (line, _) in ROWS.items()}
SCOPES: dict[str, frozenset[str]] = {endpoint: scopes for endpoint, (_, scopes) in ROWS.items()}
