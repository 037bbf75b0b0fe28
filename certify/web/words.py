"""The words for codes that the pages share: statuses, actions, events, parties; and the page of each action."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from certify.domain.lifecycle import Action, Party, Status
from certify.domain.policy import Actor, Case
from certify.domain.validity import Validity
from certify.sentences import ACTIONS

STATUS: dict[Status, LazyString] = {
    Status.DRAFT: _l("Draft"),
    Status.SUBMITTED: _l("Submitted"),
    Status.SUPPLEMENT: _l("Supplement"),
    Status.TEAMING: _l("Appointing auditors"),
    Status.AUDIT: _l("Audit"),
    Status.CONSENSUS: _l("Consensus"),
    Status.REPORT: _l("Report"),
    Status.HEARING: _l("Comments on the report"),
    Status.DECISION: _l("Awaiting decision"),
    Status.CONDITIONAL: _l("Granted conditionally"),
    Status.GRANTED: _l("Granted"),
    Status.REFUSED: _l("Refused"),
    Status.APPEAL: _l("Appeal"),
    Status.CERTIFIED: _l("Certificate issued"),
    Status.REJECTED: _l("Rejected on formal grounds"),
    Status.WITHDRAWN: _l("Withdrawn"),
}

# What happens in a status, as one sentence: what comes next on the case page and on receipts.
NEXT: dict[Status, LazyString] = {
    Status.DRAFT: _l("The centre fills in the self-assessment and submits it."),
    Status.SUBMITTED: _l("The coordinator checks the application formally."),
    Status.SUPPLEMENT: _l("The centre supplements the application and submits it again."),
    Status.TEAMING: _l("The coordinator appoints the auditors; the centre may object to them."),
    Status.AUDIT: _l("Each auditor scores alone and hands in a sheet."),
    Status.CONSENSUS: _l("The auditors agree on a common rating where their sheets diverge."),
    Status.REPORT: _l("The lead auditor writes the report."),
    Status.HEARING: _l("The centre reads the draft report and may comment on it."),
    Status.DECISION: _l("The decision maker reads the file and decides."),
    Status.CONDITIONAL: _l("The centre meets the conditions and reports on each; an auditor verifies it."),
    Status.GRANTED: _l("The coordinator issues the certificate."),
    Status.REFUSED: _l("The centre may appeal."),
    Status.APPEAL: _l("People who did not decide before consider the appeal."),
    Status.CERTIFIED: _l("The certificate stands in the public register."),
    Status.REJECTED: _l("The case is closed. The centre may apply again."),
    Status.WITHDRAWN: _l("The case is closed. The centre may apply again."),
}

# The same words stand on an error page that lists what can be done.
ACTION: dict[Action, LazyString] = {action: ACTIONS[action.value] for action in Action}

# What happened, in the history; keys are `Event.kind`.
EVENT: dict[str, LazyString] = {
    "application_created": _l("Application begun"),
    "answer_saved": _l("Answer saved"),
    "answers_carried": _l("Answers carried over from an earlier application"),
    "answer_confirmed": _l("Carried answer confirmed"),
    "answers_imported": _l("Answers taken from a file"),
    "evidence_attached": _l("Evidence added"),
    "evidence_detached": _l("Evidence taken off"),
    "comment_written": _l("Comment of the centre's people"),
    "comment_resolved": _l("Comment dealt with"),
    "area_delegated": _l("Area given to a person"),
    "area_taken_back": _l("Area taken back"),
    "areas_confirmed": _l("Areas confirmed by the manager"),
    "evidence_uploaded": _l("File added to the library"),
    "evidence_described": _l("Passport of a piece of evidence written"),
    "evidence_revised": _l("Newer file of a piece of evidence"),
    "evidence_removed": _l("Evidence removed from the library"),
    "evidence_cleared": _l("File checked for malware: nothing found"),
    "evidence_closed": _l("File closed: malware found"),
    "evidence_released": _l("File opened again: nothing found in a new check"),
    "malware_refused": _l("File refused: malware found"),
    "account_created": _l("Account made"),
    "sessions_ended": _l("All sessions ended"),
    "account_invited": _l("Invited"),
    "invitation_accepted": _l("Invitation accepted, account made"),
    "membership_given": _l("Role in a centre given"),
    "roles_changed": _l("Roles changed"),
    "membership_taken": _l("Joined a centre"),
    "membership_ended": _l("Taken out of a centre"),
    "roles_proposed": _l("Roles proposed"),
    "roles_refused": _l("Proposed roles refused"),
    "invitation_confirmed": _l("Invitation confirmed by a second person"),
    "account_enabled": _l("Account enabled"),
    "account_disabled": _l("Account disabled"),
    "password_changed": _l("Password changed"),
    "password_reset": _l("Password set anew"),
    Action.SUBMIT: _l("Application submitted"),
    Action.WITHDRAW: _l("Application withdrawn"),
    Action.RETURN: _l("Returned for supplement"),
    Action.ACCEPT: _l("Accepted for audit"),
    Action.REJECT: _l("Rejected on formal grounds"),
    Action.RESUBMIT: _l("Supplement submitted"),
    Action.APPOINT: _l("Auditor appointed"),
    Action.RELEASE: _l("Auditor released"),
    Action.DECLARE: _l("Impartiality declared"),
    Action.OBJECT: _l("Objection to an auditor"),
    Action.OVERRULE: _l("Objection overruled"),
    Action.AGREE_TEAM: _l("Team agreed by the centre"),
    Action.START_AUDIT: _l("Audit started"),
    Action.OFFER_SUPPLEMENT: _l("Changes offered to the auditors"),
    Action.ANSWER_SUPPLEMENT: _l("Offered change answered"),
    Action.SCORE: _l("Criterion scored"),
    Action.HAND_IN: _l("Sheet handed in"),
    Action.RECORD_VISIT: _l("Visit recorded"),
    Action.CLOSE_SCORING: _l("Scoring closed"),
    Action.SETTLE: _l("Divergence settled"),
    Action.AGREE: _l("Consensus reached"),
    Action.SEND_REPORT: _l("Draft report sent to the centre"),
    Action.COMMENT: _l("Comment of the centre on the report"),
    Action.END_HEARING: _l("Hearing ended"),
    Action.ANSWER_COMMENT: _l("Comment answered"),
    Action.FINALISE: _l("Final report"),
    Action.GRANT: _l("Decision: granted"),
    Action.GRANT_CONDITIONALLY: _l("Decision: granted conditionally"),
    Action.REFUSE: _l("Decision: refused"),
    Action.REPORT_CONDITION: _l("Condition reported as met"),
    Action.CONFIRM_CONDITIONS: _l("Conditions confirmed"),
    Action.EXTEND_CONDITIONS: _l("Time for the conditions extended"),
    Action.FAIL_CONDITIONS: _l("Conditions not met: refused"),
    Action.ISSUE: _l("Certificate issued"),
    Action.APPEAL: _l("Appeal filed"),
    Action.UPHOLD: _l("Appeal upheld"),
    Action.DISMISS: _l("Appeal dismissed"),
}

PARTY: dict[Party, LazyString] = {
    Party.CENTRE: _l("centre"),
    Party.CENTRE_MANAGER: _l("centre's manager"),
    Party.COORDINATOR: _l("coordinator"),
    Party.AUDITOR: _l("auditors"),
    Party.LEAD_AUDITOR: _l("lead auditor"),
    Party.DECISION_MAKER: _l("decision maker"),
    Party.APPEAL_PANEL: _l("appeal panel"),
    Party.NOBODY: _l("nobody: the case is closed"),
}

VALIDITY: dict[Validity, LazyString] = {
    Validity.VALID: _l("Valid"),
    Validity.EXPIRING: _l("Expiring"),
    Validity.EXPIRED: _l("Expired"),
    Validity.SUSPENDED: _l("Suspended"),
    Validity.REVOKED: _l("Revoked"),
    Validity.SUPERSEDED: _l("Superseded"),
    Validity.RESIGNED: _l("Given up"),
    Validity.HISTORICAL: _l("From before this register"),
}

# What a self-assessment lacks; keys are `readiness.Gap.code`.
GAP: dict[str, LazyString] = {
    "unanswered": _l("no answer"),
    "reason_missing": _l("no reason why it is not applicable"),
    "narrative_missing": _l("an indicator without a description"),
    "evidence_missing": _l("no evidence"),
    "to_confirm": _l("to be confirmed"),
    "scan_pending": _l("a file still waits for its malware check"),
    "malware_found": _l("a file with malware: take it off"),
}

HEARING_KIND: dict[str, LazyString] = {
    "slip": _l("slip of the pen"),
    "disputed": _l("disputed fact"),
    "omitted": _l("omitted fact"),
}

REQUEST_KIND: dict[str, LazyString] = {
    "missing": _l("something is missing"),
    "unclear": _l("something is unclear"),
    "outdated": _l("something is out of date"),
}

# Where an action is taken. "get": a page with a form; "post": at once, with the case's `version`.
ACTION_ENDPOINT: dict[Action, tuple[str, str]] = {
    Action.SUBMIT: ("applications.submit", "get"),
    Action.WITHDRAW: ("applications.withdraw", "get"),
    Action.RETURN: ("cases.return_case", "get"),
    Action.ACCEPT: ("cases.accept", "post"),
    Action.REJECT: ("cases.reject", "get"),
    Action.RESUBMIT: ("applications.submit", "get"),
    Action.APPOINT: ("cases.team", "get"),
    Action.RELEASE: ("cases.team", "get"),
    Action.DECLARE: ("audits.declare", "get"),
    Action.OBJECT: ("applications.object_to", "get"),
    Action.OVERRULE: ("cases.team", "get"),
    Action.AGREE_TEAM: ("applications.agree_team", "post"),
    Action.START_AUDIT: ("cases.start_audit", "post"),
    Action.OFFER_SUPPLEMENT: ("supplements.difference", "get"),
    Action.ANSWER_SUPPLEMENT: ("supplements.index", "get"),
    Action.SCORE: ("audits.sheet", "get"),
    Action.HAND_IN: ("audits.hand_in", "get"),
    Action.RECORD_VISIT: ("audits.record_visit", "get"),
    Action.CLOSE_SCORING: ("audits.close_scoring", "post"),
    Action.SETTLE: ("audits.consensus", "get"),
    Action.AGREE: ("audits.agree", "post"),
    Action.SEND_REPORT: ("reports.report", "get"),
    Action.COMMENT: ("applications.comment", "get"),
    Action.END_HEARING: ("cases.end_hearing", "post"),
    Action.ANSWER_COMMENT: ("reports.report", "get"),
    Action.FINALISE: ("reports.report", "get"),
    Action.GRANT: ("decisions.decide", "get"),
    Action.GRANT_CONDITIONALLY: ("decisions.decide", "get"),
    Action.REFUSE: ("decisions.decide", "get"),
    Action.REPORT_CONDITION: ("applications.conditions", "get"),
    Action.CONFIRM_CONDITIONS: ("audits.confirm_conditions", "get"),
    Action.EXTEND_CONDITIONS: ("cases.extend_conditions", "get"),
    Action.FAIL_CONDITIONS: ("decisions.decide", "get"),
    Action.ISSUE: ("certificates.issue", "post"),
    Action.APPEAL: ("applications.appeal", "get"),
    Action.UPHOLD: ("decisions.appeal", "get"),
    Action.DISMISS: ("decisions.appeal", "get"),
}

# The button of a page on which several actions are chosen from.
PAGE_LABEL: dict[str, LazyString] = {
    "cases.team": _l("Appoint the team"),
    "decisions.decide": _l("Decide"),
    "decisions.appeal": _l("Consider the appeal"),
    "reports.report": _l("Write the report"),
}
HINT: dict[Action, LazyString] = {
    Action.ISSUE: _l("Making the PDF takes a few seconds. Press once and wait."),
}
FILL_IN = _l("Fill in the self-assessment")


def action_place(actor: Actor, case: Case, action: Action) -> tuple[str, str]:
    """(endpoint, "get" or "post") where this actor takes the action; the centre ends the hearing on its own page."""
    if action is Action.END_HEARING and case.organisation_id in actor.centres:
        return ("applications.end_hearing", "post")
    return ACTION_ENDPOINT[action]
