"""One sentence for each code, the same beside a field or a button that is off, on an error page, in the API and CLI."""

from flask_babel import LazyString, gettext, ngettext
from flask_babel import lazy_gettext as _l

from certify.api_sentences import API, SCOPES
from certify.domain.errors import FieldError
from certify.exchange_sentences import EXCHANGE
from certify.file_sentences import FILES
from certify.upload_sentences import UPLOADS
from certify.webhook_sentences import WEBHOOKS

SENTENCES: dict[str, LazyString] = {
    # Requests
    "not_found": _l("There is nothing at this address, or it is not open to you."),
    "forbidden": _l("Your role does not open this page."),
    "login_required": _l("Sign in to go on."),
    "method_not_allowed": _l("This address does not take such a request."),
    "malformed_request": _l("The request could not be read. Go back and try again."),
    "address_too_long": _l("The address or the headers of the request are too long."),
    "timeout": _l("The request took too long. Try again."),
    "csrf_failed": _l("The page stood open too long. Go back, reload it and send the form again."),
    "host_not_allowed": _l("This service does not answer under that host name."),
    "too_many_saves": _l("You saved more often than is kept. Your text is not lost: save it again in some minutes."),
    "too_many_attempts": _l("Too many tries. Wait a few minutes and try again."),
    "internal_error": _l("An error happened on our side. Nothing that you entered earlier is lost."),
    "busy": _l("The service is busy. Nothing was changed; try again in a moment."),
    "too_large": _l("The form is too large."),
    "invalid": _l("Some fields need a correction."),
    "stale_version": _l("Somebody changed this in the meantime. Compare both texts and save again."),
    # Fields
    "required": _l("Fill in this field."),
    "too_long": _l("This text is too long."),
    "bad_text": _l("This text holds characters that can't be kept. Type it again instead of pasting it."),
    "bad_number": _l("Enter a whole number."),
    "bad_date": _l("Enter a date such as 2026-03-05."),
    "choice_unknown": _l("Choose one of the offered values."),
    # Accounts
    "sign_in_failed": _l("The e-mail address and the password do not match."),
    "account_disabled": _l("This account is disabled. Write to the coordinator."),
    "password_wrong": _l("This is not your present password."),
    "password_too_short": _l("Take at least 12 characters; a few words in a row are easy to remember."),
    "password_too_long": _l("The password can have at most 128 characters."),
    "password_common": _l(
        "This password is easy to guess: it is made of words, names, dates or keys that many people take. Choose at "
        "least four unrelated words, spaces too."
    ),
    "password_mismatch": _l("Both passwords must be the same."),
    "email_invalid": _l("Enter an e-mail address such as anna.nowak@example.org."),
    "user_not_found": _l("There is no account with this e-mail address."),
    "email_taken": _l("There is an account with this e-mail address already."),
    "organisation_missing": _l("Choose the organisation in which this person works."),
    "organisation_not_for_role": _l("This role belongs to no organisation; leave the organisation empty."),
    "organisation_not_found": _l("Choose an organisation from the list."),
    "role_not_global": _l("Roles in a centre are given by an invitation to the centre."),
    "duplicate_key": _l(
        "The request has a field twice that may stand only once. Load the page again and send it from there."
    ),
    "language_unknown": _l("There are two languages: Polish and English."),
    "member_already": _l("This person belongs to the centre already."),
    "invitation_unconfirmed": _l(
        "This link works as soon as a second person has confirmed the invitation. Ask whoever invited you."
    ),
    "invitation_ended": _l("This invitation was used, ended, or is out of date."),
    "nothing_waits": _l("Nothing waits for a confirmation here."),
    "second_hand_needed": _l("Somebody else confirms this: neither who asked for it nor who gets the role."),
    "last_manager": _l("Nobody could manage the centre afterwards. Ask the office, or let it invite another manager."),
    "own_account": _l("Nobody changes the rights of the own account; another administrator can do it."),
    "link_expired": _l(
        "This link was used or is out of date. If you have set your password, sign in; else ask for a new link."
    ),
    # Rubrics and answers
    "rubric_invalid": _l("The file of the standard has faults."),
    "criterion_not_found": _l("There is no such criterion in this standard."),
    "outcome_not_found": _l("There is no such outcome in this standard."),
    "level_not_found": _l("There is no such level on the scale."),
    "centre_type_not_found": _l("This standard knows no such type of centre."),
    "points_off_scale": _l("Choose one of the levels of the scale."),
    "points_and_not_applicable": _l("Choose a level or “not applicable”, not both."),
    "not_applicable_critical": _l("A critical criterion always applies."),
    "not_applicable_reason_missing": _l("Say why this criterion does not apply."),
    "not_applicable_not_allowed": _l("In this standard every criterion applies."),
    "narrative_missing": _l("Describe how it is done."),
    "evidence_missing": _l("Attach at least one piece of evidence."),
    "reason_missing": _l("Give a reason."),
    "level_missing": _l("Choose a level."),
    # Actions out of turn
    "illegal_transition": _l("This can't be done at this stage of the case."),
    "not_your_role": _l("This step belongs to another person."),
    "own_centre": _l("Who belongs or belonged to this centre, or has a tie with it, can't take this step in its case."),
    "not_ready": _l("The application is not complete yet; the check-list shows what is missing."),
    "supplement_rounds_used_up": _l("The rounds of supplement that the standard allows are used up."),
    "team_incomplete": _l("The team has fewer auditors than the standard asks for."),
    "lead_missing": _l("Nobody in the team is the lead auditor."),
    "declaration_missing": _l("Not every auditor has declared impartiality."),
    "tie_open": _l("An auditor has declared a tie with the centre."),
    "objection_open": _l("An objection of the centre is not settled."),
    "objection_time_running": _l("The centre may still object to the team."),
    "team_agreed_already": _l("The centre has agreed to the team."),
    "objection_time_over": _l("The time for objections is over."),
    "declared_already": _l("Your declaration is recorded already."),
    "sheet_handed_in": _l("Your sheet is handed in and can't be changed any more."),
    "sheet_incomplete": _l("Some criteria on your sheet have no score yet."),
    "sheets_not_handed_in": _l("Not every auditor has handed in the sheet."),
    "visit_missing": _l("The standard asks for a visit, and none is recorded."),
    "divergence_open": _l("Some divergences are not settled."),
    "hearing_already_held": _l("The centre has had its hearing."),
    "hearing_not_held": _l("The centre has not had its hearing yet."),
    "hearing_time_running": _l("The centre may still comment on the report."),
    "hearing_item_open": _l("Some comments of the centre have no answer yet."),
    "separation_of_duties": _l(
        "In one case nobody audits and rules on the audit, nobody coordinates and decides, and nobody decides and"
        " issues. An account counts as one person with whoever handed out its link."
    ),
    "condition_not_reported": _l("The centre has not reported on every condition."),
    "extended_already": _l("The time for the conditions was extended once already."),
    "conditions_time_running": _l("The time for meeting the conditions has not passed."),
    "appeal_time_over": _l("The time for an appeal is over."),
    "appeal_used": _l("There has been an appeal in this case already."),
    "letters_not_printable": _l("The certificate's fonts don't have a sign that its texts hold."),
    "already_issued": _l("The certificate for this decision is issued already."),
    "not_editable": _l("The self-assessment can't be changed at this stage of the case."),
    "date_not_ahead": _l("Choose a day from today to two years ahead."),
    "person_not_in_centre": _l("Choose a person of your centre."),
    "comment_resolved": _l("This comment is dealt with already."),
    "nothing_to_confirm": _l("There is no area to confirm."),
    "area_changed": _l("Somebody has changed this area since you opened the page. Read it again and confirm it then."),
    "area_not_ready": _l("Something is still missing in this area, so it can't be confirmed yet."),
    "criterion_not_open": _l("The coordinator asked about other criteria; this one is closed in this round."),
    "supplement_too_late": _l("An auditor has handed in the sheet: what is scored can't change any more."),
    "nothing_offered": _l("No change of the centre waits for an answer."),
    "supplement_open": _l("Changes that the centre offers wait for the lead auditor's answer."),
    "item_answered": _l("This change has its answer already."),
    "nothing_changed": _l("A chosen criterion does not differ from what the auditors see."),
    "offered_already": _l("A chosen change is offered already and waits for its answer."),
    "change_incomplete": _l("A chosen criterion is not complete: it lacks a level, a description or evidence."),
    "criteria_missing": _l("Choose at least one criterion."),
    "not_a_choice": _l("Choose one of the offered values."),
    "centre_type_not_covered": _l("This standard does not cover this type of centre."),
    "open_application_exists": _l("There is an open application of this unit for this standard already."),
    "indicator_not_found": _l("There is no such indicator in this standard."),
    "auditor_already_appointed": _l("This auditor is in the team already."),
    "auditor_of_centre": _l("This person works in the centre, so can't audit it."),
    "auditor_tied": _l("This person declared a tie with the centre, or once worked in it, so can't audit it."),
    "auditor_coordinates": _l(
        "This person coordinates the case, or has an account whose link somebody who coordinates it handed out, so"
        " can't audit it. Choose somebody else."
    ),
    "team_complete": _l("The team has as many auditors as the standard asks for."),
    "lead_appointed": _l("The team has a lead auditor already."),
    "objected_already": _l("You have objected to this auditor already."),
    "no_open_objection": _l("There is no objection to settle."),
    "nothing_diverges": _l("The sheets do not diverge in this criterion."),
    "score_reason_missing": _l("Give a reason: the score is below “met”, or was changed."),
    "date_in_future": _l("This date has not come yet."),
    "departure_reasons_missing": _l("The decision differs from the computed outcome; say why."),
    "conditions_missing": _l("Enter at least one condition with its date."),
    # Centres and standards
    "regon_known": _l("A centre with this REGON number is registered already."),
    "bad_nip": _l("This is no valid NIP: check the digits."),
    "bad_regon": _l("This is no valid REGON: check the digits."),
    "auditor_not_found": _l("There is no such active auditor."),
    "assignment_not_found": _l("This auditor is not in the team of this case."),
    "bad_postcode": _l("Enter a postcode such as 32-590."),
    "gmina_name_missing": _l("Write the name of the gmina behind its code."),
    "bad_terc": _l("Enter the TERC code of the gmina: seven digits."),
    "gmina_twice": _l("Each gmina can stand on the list once."),
    "rubric_not_found": _l("There is no such standard."),
    "rubric_already_published": _l(
        "This version is already published with other content; give the new file a new version."
    ),
    "number_pattern_taken": _l(
        "Another published standard numbers its certificates in the same way; give this one a pattern of its own."
    ),
    "collision": _l("Somebody did the same at this moment, so nothing was changed. Look again and repeat the step."),
    # Documents
    "certificate_not_found": _l("The register holds no certificate with this number."),
    "certificate_file_missing": _l("This entry has no file: the certificate is older than the register."),
    "pdf_engine_missing": _l("The program that makes PDF files is not installed on the server."),
    "render_failed": _l("The PDF could not be made. Nothing was issued; try again or write to the operator."),
    **FILES,
    **EXCHANGE,
    **UPLOADS,
    **API,
    **WEBHOOKS,
}

ACTIONS: dict[str, LazyString] = {
    "submit": _l("Submit the application"),
    "withdraw": _l("Withdraw the application"),
    "return": _l("Return for supplement"),
    "accept": _l("Accept for audit"),
    "reject": _l("Reject on formal grounds"),
    "resubmit": _l("Submit the supplement"),
    "appoint": _l("Appoint an auditor"),
    "release": _l("Release an auditor"),
    "declare": _l("Declare impartiality"),
    "object": _l("Object to an auditor"),
    "overrule": _l("Overrule the objection"),
    "agree_team": _l("Agree to the team"),
    "start_audit": _l("Start the audit"),
    "offer_supplement": _l("Offer changes to the auditors"),
    "answer_supplement": _l("Answer the offered changes"),
    "score": _l("Score"),
    "hand_in": _l("Hand in the sheet"),
    "record_visit": _l("Record the visit"),
    "close_scoring": _l("Close the scoring"),
    "settle": _l("Settle a divergence"),
    "agree": _l("Confirm the consensus"),
    "send_report": _l("Send the report to the centre"),
    "comment": _l("Comment on the report"),
    "end_hearing": _l("End the hearing"),
    "answer_comment": _l("Answer a comment"),
    "finalise": _l("Finalise the report"),
    "grant": _l("Grant"),
    "grant_conditionally": _l("Grant conditionally"),
    "refuse": _l("Refuse"),
    "report_condition": _l("Report on a condition"),
    "confirm_conditions": _l("Confirm the conditions"),
    "extend_conditions": _l("Extend the time for the conditions"),
    "fail_conditions": _l("Record that the conditions were not met"),
    "issue": _l("Issue the certificate"),
    "appeal": _l("File an appeal"),
    "uphold": _l("Uphold the appeal"),
    "dismiss": _l("Dismiss the appeal"),
}

ROLES: dict[str, LazyString] = {
    "centre_editor": _l("centre editor"),
    "centre_manager": _l("centre manager"),
    "auditor": _l("auditor"),
    "coordinator": _l("coordinator"),
    "decision_maker": _l("decision maker"),
    "admin": _l("administrator"),
}

UNKNOWN = _l("This can't be done.")


def sentence(code: str, feature: object = None) -> str:
    """The sentence of a code in the language of the request; a finer one where `feature` has its own."""
    return str(SENTENCES.get(f"{code}.{feature}") or SENTENCES.get(code, UNKNOWN))


def fault_sentence(fault: FieldError, feature: object = None) -> str:
    """The sentence of one fault; it says how much a field takes, and which signs can't be printed."""
    if fault.code == "too_long" and fault.limit is not None:
        return ngettext(
            "This text is too long: at most %(num)d character fits here.",
            "This text is too long: at most %(num)d characters fit here.",
            fault.limit,
        )
    if fault.code == "letters_not_printable" and fault.signs:
        return gettext(
            "The certificate's fonts don't have these signs: %(signs)s. Change the name or the address, then issue it.",
            signs=fault.signs,
        )
    return sentence(fault.code, feature)


def action_label(code: str) -> str:
    """The words of the button of an action."""
    return str(ACTIONS.get(code, code))


def scope_label(code: str) -> str:
    """What a token with this scope may be used for."""
    return str(SCOPES.get(code, code))


def role_label(code: str) -> str:
    """The name of a role."""
    return str(ROLES.get(code, code))
