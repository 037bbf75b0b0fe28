"""The authorisation matrix, written by hand from the policy: who gets through at each address, and who sees the object.

Read a line as: "this page — these people pass by their role — of those who see the case, only these may — on a case at
this stage". A route that is not listed fails the test, and so does a line without a route.
"""

from dataclasses import dataclass, field

from certify.domain.lifecycle import Status

Actors = frozenset[str]


def _people(*names: str) -> Actors:
    return frozenset(names)


# Nobody is signed in: a visitor, and a person whose account was disabled while signed in.
OUTSIDE = ("anonymous", "disabled")
CENTRE = _people("centre_editor", "centre_manager", "other_manager")
MANAGERS = _people("centre_manager", "other_manager")
AUDITORS = _people("lead_auditor", "assigned_auditor", "other_auditor")
# The other auditor leads the audit of the other centre.
LEADS = _people("lead_auditor", "other_auditor")
COORDINATOR = _people("coordinator")
DECISION_MAKER = _people("decision_maker")
ADMIN = _people("admin")
OFFICE = COORDINATOR | ADMIN
SIGNED_IN = CENTRE | AUDITORS | OFFICE | DECISION_MAKER
EVERYBODY = SIGNED_IN | set(OUTSIDE)
ACTORS = (*OUTSIDE, *sorted(SIGNED_IN))

# Who sees an object at all. `ours` belongs to the centre that the matrix looks from, `theirs` to another one; for all
# others an object of that kind does not exist. Kinds without a line are public.
DECIDED = {
    Status.DECISION, Status.CONDITIONAL, Status.GRANTED, Status.REFUSED, Status.APPEAL, Status.CERTIFIED,
}  # fmt: skip
SEES: dict[tuple[str, str], Actors] = {
    ("case", "ours"): _people("centre_editor", "centre_manager", "lead_auditor", "assigned_auditor") | OFFICE,
    ("case", "theirs"): _people("other_manager", "other_auditor") | OFFICE,
    # A file is read by its centre, by the auditors and the decision makers of a case that was submitted with it, and by
    # the coordinator; the administrator looks after accounts and reads none.
    ("file", "ours"): _people("centre_editor", "centre_manager", "lead_auditor", "assigned_auditor")
    | COORDINATOR
    | DECISION_MAKER,
    ("file", "theirs"): _people("other_manager", "other_auditor") | COORDINATOR | DECISION_MAKER,
    # A piece whose file was submitted: the API shows it to those who read that file.
    ("proof", "ours"): _people("centre_editor", "centre_manager", "lead_auditor", "assigned_auditor")
    | COORDINATOR
    | DECISION_MAKER,
    ("proof", "theirs"): _people("other_manager", "other_auditor") | COORDINATOR | DECISION_MAKER,
    # The library is the centre's own.
    ("piece", "ours"): _people("centre_editor", "centre_manager"),
    ("piece", "theirs"): _people("other_manager"),
    # An upload is for the person alone who began it.
    ("upload", "ours"): _people("centre_manager"),
    ("upload", "theirs"): _people("other_manager"),
    # A manager sees the people of the own centre.
    ("person", "ours"): _people("centre_manager") | OFFICE,
    ("person", "theirs"): _people("other_manager") | OFFICE,
    # The API shows a centre to its own people too.
    ("holder", "ours"): _people("centre_editor", "centre_manager") | OFFICE,
    ("holder", "theirs"): _people("other_manager") | OFFICE,
    # Tokens and sessions are their owner's alone.
    ("token", "ours"): _people("centre_editor"),
    ("token", "theirs"): _people("other_manager"),
    ("session", "ours"): _people("centre_editor"),
    ("session", "theirs"): _people("other_manager"),
    # Whoever of the office comes after the owner must be able to end a subscription.
    ("webhook", "ours"): OFFICE,
    ("webhook", "theirs"): OFFICE,
    # The office and the centre's managers see whom the centre invited; an offer is for the invited person alone.
    ("offered", "ours"): _people("centre_manager") | OFFICE,
    ("offered", "theirs"): _people("other_manager") | OFFICE,
    ("offer", "ours"): _people("decision_maker"),
    ("offer", "theirs"): _people("other_auditor"),
    ("organisation", "ours"): OFFICE,
    ("organisation", "theirs"): OFFICE,
}
# Kinds of which nobody sees less than anybody else: there is no foreign one.
ALIKE = frozenset({"certificate", "standard", "invitation", "stylesheet"})


@dataclass(frozen=True)
class Line:
    """One line of the matrix.

    `door`: who passes by role. `only`: who of those that see the object may do it (all, unless told). `stage`: where
    the case stands. `kind`: of which object the address tells. `form`: what must be sent so that only the person is at
    fault. `hidden_from`: people who see the object but not this page of it. `done_already`: those who are told so
    (409). `answers`: what the others who are in get; `missing`: what everybody gets for an object that does not exist.
    """

    door: Actors
    stage: Status = Status.DRAFT
    only: Actors = EVERYBODY
    kind: str = "case"
    form: dict[str, str] = field(default_factory=dict)
    hidden_from: Actors = frozenset()
    done_already: Actors = frozenset()
    answers: int = 200
    missing: int = 404

    def sees(self, actor: str, thing: str) -> bool:
        """True when the object exists for the actor."""
        if thing == "missing" or actor in self.hidden_from:
            return False
        if self.kind == "case" and actor == "decision_maker":
            return self.stage in DECIDED if thing == "ours" else theirs_at(self.stage) in DECIDED
        return actor in SEES.get((self.kind, thing), EVERYBODY)


def theirs_at(stage: Status) -> Status:
    """Where the other centre's case stands beside ours."""
    if stage in DECIDED:
        return Status.GRANTED
    return Status.DRAFT if stage in {Status.DRAFT, Status.SUBMITTED, Status.TEAMING} else Status.AUDIT


def _list(door: Actors, answers: int = 200) -> Line:
    return Line(door, kind="", answers=answers)


S = Status
TEXT = "Powód, którego wymaga formularz."

PUBLIC_PAGES: dict[str, Line] = {
    "public.start": _list(EVERYBODY),
    "public.standards": _list(EVERYBODY),
    "public.method": _list(EVERYBODY),
    "public.register": _list(EVERYBODY),
    "register_files.as_csv": _list(EVERYBODY),
    "register_files.as_xlsx": _list(EVERYBODY),
    "for_machines.robots": _list(EVERYBODY),
    "for_machines.favicon": _list(EVERYBODY),
    "public.verify": _list(EVERYBODY),
    "public.verify_number": _list(EVERYBODY, answers=422),
    "public.verify_file": _list(EVERYBODY),
    "public.accessibility": _list(EVERYBODY),
    "public.standard": Line(EVERYBODY, kind="standard"),
    "public.terms": Line(EVERYBODY, kind="standard"),
    "printing.empty_form": Line(EVERYBODY, kind="standard"),
    "public.certificate": Line(EVERYBODY, kind="certificate"),
    "public.certificates_begin": _list(EVERYBODY, answers=302),
    "public.certificate_written": Line(EVERYBODY, kind="certificate", answers=302),
    "public.certificate_pdf": Line(EVERYBODY, kind="certificate"),
    "api_docs.show": _list(EVERYBODY),
    "api_docs.webhooks": _list(EVERYBODY),
    "health.show": _list(EVERYBODY),
    "static": Line(EVERYBODY, kind="stylesheet"),
}
OWN_ACCOUNT: dict[str, Line] = {
    "account.sign_in_form": _list(EVERYBODY),
    "account.sign_in_send": _list(EVERYBODY),
    "account.sign_out": _list(EVERYBODY),
    "account.language": _list(EVERYBODY),
    "account.accept_form": Line(EVERYBODY, kind="invitation", missing=410),
    "account.accept_send": Line(EVERYBODY, kind="invitation", missing=410),
    "account.show": _list(SIGNED_IN),
    "memberships.index": _list(SIGNED_IN),
    "memberships.answer": Line(SIGNED_IN, kind="offer"),
    "sessions.end": Line(SIGNED_IN, kind="session"),
    "sessions.end_others": _list(SIGNED_IN),
    "tokens.index": _list(SIGNED_IN),
    "tokens.create": _list(SIGNED_IN),
    "tokens.revoke": Line(SIGNED_IN, kind="token"),
    "webhooks.index": _list(OFFICE),
    "webhooks.create": _list(OFFICE),
    "webhooks.show": Line(OFFICE, kind="webhook"),
    "webhooks.switch_on": Line(OFFICE, kind="webhook"),
    "webhooks.switch_off": Line(OFFICE, kind="webhook"),
    "webhooks.remove": Line(OFFICE, kind="webhook"),
    "webhooks.ping": Line(OFFICE, kind="webhook"),
    "webhooks.resend": Line(OFFICE, kind="webhook"),
    "account.password_form": _list(SIGNED_IN),
    "account.password_send": _list(SIGNED_IN),
}
PEOPLE_AND_CENTRES: dict[str, Line] = {
    "users.index": _list(OFFICE | MANAGERS),
    "users.invite_form": _list(OFFICE | MANAGERS),
    "users.invite_send": _list(OFFICE | MANAGERS),
    "users.show": Line(OFFICE | MANAGERS, kind="person"),
    "users.set_active": Line(ADMIN, kind="person", form={"active": "1"}),
    "users.set_roles": Line(ADMIN, kind="person"),
    "confirmations.invitation": Line(OFFICE | MANAGERS, kind="offered", form={"answer": "confirm"}),
    # Nothing is proposed to anybody here.
    "confirmations.proposal": Line(OFFICE, kind="person", form={"answer": "confirm"}),
    "memberships.end": Line(OFFICE | MANAGERS, kind="person"),
    "users.end_sessions": Line(ADMIN, kind="person"),
    "users.end_token": Line(ADMIN, kind="person"),
    "organisations.index": _list(OFFICE),
    "organisations.new": _list(OFFICE),
    "organisations.new_post": _list(OFFICE),
    "organisations.show": Line(OFFICE, kind="organisation"),
    "organisations.add_unit": Line(OFFICE, kind="organisation"),
}
CENTRES_DESK: dict[str, Line] = {
    "applications.index": _list(CENTRE),
    "applications.new": _list(CENTRE),
    "applications.create": _list(CENTRE),
    "applications.submit": Line(CENTRE, S.DRAFT),
    "applications.submit_post": Line(CENTRE, S.DRAFT, only=MANAGERS, form={"declaration": "y"}),
    "applications.withdraw": Line(CENTRE, S.DRAFT),
    "applications.withdraw_post": Line(CENTRE, S.DRAFT, only=MANAGERS),
    "applications.receipt": Line(CENTRE, S.SUBMITTED),
    "applications.object_to": Line(CENTRE, S.TEAMING),
    "applications.object_to_post": Line(
        CENTRE, S.TEAMING, only=MANAGERS, form={"assignment": "{assignment}", "reason": TEXT}
    ),
    "applications.agree_team": Line(CENTRE, S.TEAMING, only=MANAGERS),
    "applications.comment": Line(CENTRE, S.HEARING),
    "applications.comment_post": Line(CENTRE, S.HEARING),
    "applications.end_hearing": Line(CENTRE, S.HEARING, only=MANAGERS),
    "applications.conditions": Line(CENTRE, S.CONDITIONAL),
    "applications.report_condition": Line(CENTRE, S.CONDITIONAL),
    "applications.appeal": Line(CENTRE, S.REFUSED),
    "applications.appeal_post": Line(CENTRE, S.REFUSED, only=MANAGERS, form={"grounds": TEXT}),
}
SELF_ASSESSMENT: dict[str, Line] = {
    # The centre reads its living copy, the office what was submitted; the auditors have their own page.
    "answers.overview": Line(CENTRE | COORDINATOR | DECISION_MAKER, S.CERTIFIED),
    "answers.area": Line(CENTRE | COORDINATOR | DECISION_MAKER, S.CERTIFIED),
    "answers.radar": Line(CENTRE | COORDINATOR | DECISION_MAKER, S.CERTIFIED),
    "answers.save": Line(CENTRE, S.DRAFT),
    # How the centre's people share the work is nobody else's business.
    "readiness.show": Line(CENTRE, S.DRAFT),
    "readiness.confirm": Line(CENTRE, S.DRAFT, only=MANAGERS, form={"seen": "{area}:0"}),
    "desk.people": Line(CENTRE, S.DRAFT),
    "desk.delegate": Line(CENTRE, S.DRAFT, only=MANAGERS, form={"person": "nobody"}),
    "desk.notes": Line(CENTRE, S.DRAFT),
    "desk.comment": Line(CENTRE, S.DRAFT),
    "desk.resolve": Line(CENTRE, S.DRAFT),
    "desk.restore": Line(CENTRE, S.DRAFT),
    "evidence.attach": Line(CENTRE, S.DRAFT),
    "evidence.link": Line(CENTRE, S.DRAFT),
    "evidence.detach": Line(CENTRE, S.DRAFT),
    "evidence.library": _list(CENTRE),
    "evidence.upload": _list(CENTRE),
    "evidence.piece": Line(CENTRE, kind="piece"),
    "evidence.describe": Line(CENTRE, kind="piece"),
    "evidence.revise": Line(CENTRE, kind="piece"),
    "evidence.link_many": Line(CENTRE, kind="piece"),
    "evidence.remove": Line(CENTRE, kind="piece"),
    "evidence.download": Line(SIGNED_IN, kind="file"),
    # What says nothing of the protocol's version is refused after the person was let in.
    "uploads.options": _list(CENTRE, answers=204),
    "uploads.begin": Line(CENTRE, S.DRAFT),
    "uploads.begin_in_library": _list(CENTRE),
    "uploads.show": Line(CENTRE, kind="upload"),
    "uploads.append": Line(CENTRE, kind="upload", answers=412),
    "uploads.end": Line(CENTRE, kind="upload", answers=412),
    "carry_over.show": Line(CENTRE, S.DRAFT),
    "carry_over.send": Line(CENTRE, S.DRAFT),
    "carry_over.confirm": Line(CENTRE, S.DRAFT),
    # Only the centre has a living copy to take along and to change.
    "exchange.show": Line(CENTRE, S.CERTIFIED),
    "exchange.export_json": Line(CENTRE, S.CERTIFIED),
    "exchange.export_xlsx": Line(CENTRE, S.CERTIFIED),
    "printing.filled_form": Line(CENTRE, S.CERTIFIED),
    "exchange.compare": Line(CENTRE, S.DRAFT),
    "exchange.confirm": Line(CENTRE, S.DRAFT),
    "evidence.preview": Line(SIGNED_IN, kind="file"),
}
AUDITORS_DESK: dict[str, Line] = {
    "audits.index": _list(AUDITORS),
    # Everybody on our team has declared already, so that the page says so.
    "audits.declare": Line(AUDITORS, S.TEAMING, answers=409),
    "audits.declare_post": Line(AUDITORS, S.TEAMING),
    "audits.sheet": Line(AUDITORS, S.AUDIT),
    "audits.scoring": Line(AUDITORS, S.AUDIT),
    "audits.score": Line(AUDITORS, S.AUDIT),
    # The lead's sheet is handed in, the second auditor's is not.
    "audits.hand_in": Line(AUDITORS, S.AUDIT, done_already=_people("lead_auditor")),
    "audits.hand_in_post": Line(AUDITORS, S.AUDIT),
    "audits.record_visit": Line(AUDITORS, S.AUDIT, only=LEADS),
    "audits.record_visit_post": Line(AUDITORS, S.AUDIT, only=LEADS, form={"held_on": "2026-01-07", "minutes": TEXT}),
    "audits.close_scoring": Line(AUDITORS | COORDINATOR, S.AUDIT, only=LEADS | COORDINATOR),
    # A receipt is for the person who took the step.
    "audits.done": Line(AUDITORS | COORDINATOR, S.CONSENSUS, hidden_from=COORDINATOR | {"assigned_auditor"}),
    "audits.consensus": Line(AUDITORS | COORDINATOR | DECISION_MAKER, S.CONSENSUS),
    "audits.settle": Line(AUDITORS, S.CONSENSUS),
    "audits.agree": Line(AUDITORS, S.CONSENSUS, only=LEADS),
    "reports.report": Line(AUDITORS | COORDINATOR | DECISION_MAKER, S.REPORT),
    "reports.send_report": Line(AUDITORS, S.REPORT, only=LEADS, form={"summary": TEXT}),
    "reports.answer_comment": Line(
        AUDITORS,
        S.REPORT,
        only=LEADS,
        form={"item{item}-accepted": "yes", "item{item}-answer": TEXT, "item{item}-version": "{version}"},
    ),
    "reports.finalise": Line(AUDITORS, S.REPORT, only=LEADS, form={"summary": TEXT}),
    "audits.confirm_conditions": Line(AUDITORS, S.CONDITIONAL),
    "audits.confirm_conditions_post": Line(AUDITORS, S.CONDITIONAL),
}
OFFICE_PAGES: dict[str, Line] = {
    "cases.board": _list(OFFICE),
    "cases.show": Line(SIGNED_IN, S.CERTIFIED),
    "cases.submission": Line(SIGNED_IN, S.CERTIFIED),
    # The centre and the office keep receipts; the auditors read the submission itself.
    "cases.receipt_pdf": Line(CENTRE | OFFICE, S.SUBMITTED),
    "cases.accept": Line(COORDINATOR, S.SUBMITTED),
    "cases.return_case": Line(COORDINATOR, S.SUBMITTED),
    "cases.return_case_post": Line(COORDINATOR, S.SUBMITTED),
    "cases.reject": Line(COORDINATOR, S.SUBMITTED),
    "cases.reject_post": Line(COORDINATOR, S.SUBMITTED),
    "cases.done": Line(COORDINATOR, S.SUBMITTED),
    "cases.team": Line(OFFICE, S.TEAMING),
    "cases.appoint": Line(COORDINATOR, S.TEAMING),
    "cases.release": Line(COORDINATOR, S.TEAMING),
    "cases.overrule": Line(COORDINATOR, S.TEAMING),
    "cases.start_audit": Line(COORDINATOR, S.TEAMING),
    "cases.end_hearing": Line(COORDINATOR, S.HEARING),
    "cases.extend_conditions": Line(COORDINATOR, S.CONDITIONAL),
    "cases.extend_conditions_post": Line(COORDINATOR, S.CONDITIONAL),
    "certificates.issue": Line(COORDINATOR, S.GRANTED),
    "certificates.issued": Line(OFFICE, S.CERTIFIED),
}
SUPPLEMENTS: dict[str, Line] = {
    # No case of the world was returned with requests: there is no such page.
    "supplements.difference": Line(SIGNED_IN, S.AUDIT),
    # Nothing was offered in the case, and the lead auditor's sheet is in.
    "supplements.offer": Line(CENTRE, S.AUDIT, only=MANAGERS, form={"criteria": "{criterion}", "note": TEXT}),
    "supplements.index": Line(SIGNED_IN, S.AUDIT, answers=404),
    "supplements.answer": Line(
        AUDITORS, S.AUDIT, only=LEADS, form={"item{item}-accepted": "yes", "item{item}-reason": TEXT}
    ),
    "supplements.requests": Line(SIGNED_IN, S.AUDIT, answers=404),
}
DECISIONS: dict[str, Line] = {
    "decisions.index": _list(DECISION_MAKER),
    "decisions.decide": Line(DECISION_MAKER, S.DECISION),
    "decisions.decide_post": Line(DECISION_MAKER, S.DECISION),
    "decisions.decided": Line(DECISION_MAKER, S.CERTIFIED),
    "decisions.fail_conditions": Line(DECISION_MAKER, S.CONDITIONAL),
    "decisions.show": Line(SIGNED_IN, S.CERTIFIED),
    "decisions.appeal": Line(DECISION_MAKER, S.APPEAL),
    "decisions.appeal_post": Line(DECISION_MAKER, S.APPEAL),
}
MATRIX: dict[str, Line] = {
    **PUBLIC_PAGES,
    **OWN_ACCOUNT,
    **PEOPLE_AND_CENTRES,
    **CENTRES_DESK,
    **SELF_ASSESSMENT,
    **AUDITORS_DESK,
    **OFFICE_PAGES,
    **SUPPLEMENTS,
    **DECISIONS,
}

# What is not yet anybody's business: page, stage → the only people who get 200; everybody else learns nothing.
TOO_EARLY: dict[tuple[str, Status], Actors] = {
    # A draft is the centre's own.
    ("answers.overview", S.DRAFT): _people("centre_editor", "centre_manager"),
    ("answers.area", S.DRAFT): _people("centre_editor", "centre_manager"),
    ("answers.radar", S.DRAFT): _people("centre_editor", "centre_manager"),
    ("cases.submission", S.DRAFT): _people(),
    # Auditors read nothing of the file while they are still asked whether they may.
    ("cases.submission", S.TEAMING): _people("centre_editor", "centre_manager") | OFFICE,
    ("audits.sheet", S.TEAMING): _people(),
    ("audits.scoring", S.TEAMING): _people(),
    # Blind scoring: nobody compares sheets before the scoring is closed.
    ("audits.consensus", S.AUDIT): _people(),
    ("reports.report", S.AUDIT): _people(),
    ("reports.report", S.CONSENSUS): _people(),
    # The centre reads results when it is asked about them.
    ("applications.comment", S.AUDIT): _people(),
    ("applications.comment", S.CONSENSUS): _people(),
    ("applications.comment", S.REPORT): _people(),
    # Decision makers read the file when it is theirs to decide.
    ("cases.show", S.HEARING): SIGNED_IN - DECISION_MAKER - {"other_manager", "other_auditor"},
    ("reports.report", S.HEARING): _people("lead_auditor", "assigned_auditor") | COORDINATOR,
    ("decisions.show", S.DECISION): _people(),
}
