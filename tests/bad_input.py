"""Each form with what its fields take, and what they must not: the table behind `test_bad_input`.

A form is written as a person would send it; `{…}` stands for a row's number, `{slug}` for the first criterion's prefix.
"""

from dataclasses import dataclass

TEXT = "Zdanie, które ktoś napisał i nie chce stracić."
VERSION = "{version}"

# What no field of a kind may take. Two kinds of digits that Python reads as numbers and nobody should, and numbers that
# no column holds, are among them.
LONG = "ą" * 100_000
BAD: dict[str, tuple[str, ...]] = {
    "text": ("a\0b", LONG),
    "words": ("a\0b", LONG),
    "number": ("2,5", "２", "1e999", "-1", "99", str(2**31), str(2**63), "NaN", "0x1", "1_0", " ", "a\0b", LONG),
    "choice": ("nieznane", " ", "a\0b", LONG, "-1", str(2**63)),
    "version": ("2,5", "２", "1e999", "-1", "0", str(2**63), "x", "a\0b", LONG),
    "day": ("2026-13-45", "jutro", "0000-00-00", "99999-01-01", "9999-12-31", "a\0b", LONG),
}


@dataclass(frozen=True)
class Field:
    """A field: its kind in `BAD`, and what a good form says."""

    kind: str
    good: str


def text(good: str = TEXT) -> Field:
    """Free text that is kept whole or refused."""
    return Field("text", good)


def number(good: str) -> Field:
    """Points, or the number of a row."""
    return Field("number", good)


def choice(good: str) -> Field:
    """One of a list."""
    return Field("choice", good)


SEEN = {"version": Field("version", VERSION)}

FORMS: dict[str, dict[str, Field]] = {
    "account.sign_in_send": {"email": text("kto@example.org"), "password": text("nie to hasło")},
    "account.language": {"lang": choice("pl")},
    "account.accept_send": {"name": text("Nowa Osoba"), "password": text("krótkie")},
    "account.password_send": {"current": text("nie to hasło"), "password": text("krótkie")},
    "tokens.create": {"name": text("Program"), "scopes": choice("read"), "days": Field("version", "30"),
                      "password": text("nie to hasło")},
    "webhooks.create": {
        "name": text("Program"), "url": text("https://93.184.216.36/"), "scheme": choice("*"),
        "events": choice("issue"),
    },
    "users.invite_send": {
        "name": text("Jan Nowy"), "email": text("jan.example.org"), "role": choice("auditor"),
        "organisation_id": choice(""),
    },
    "users.set_roles": {"roles": choice("auditor"), **SEEN},
    "confirmations.invitation": {"answer": choice("confirm")},
    "confirmations.proposal": {"answer": choice("confirm")},
    "memberships.answer": {"answer": choice("join")},
    "memberships.end": {"role": choice("centre_editor")},
    "organisations.new_post": {
        "name": text("Ośrodek"), "kind": choice("OPS"), "street": text("Rynek 1"), "postcode": number("68-200"),
        "city": text("Żary"), "voivodeship": choice("08"), "nip": number("1"), "regon": number("1"),
        "gminas": text("0811021 Żary"),
    },
    "organisations.add_unit": {"name": text("Oddział")},
    "applications.create": {"unit": number("{unit}"), "scheme": choice("wolontariat/1.0")},
    "applications.submit_post": {"declaration": Field("tick", "y"), **SEEN},
    "applications.withdraw_post": {**SEEN},
    "applications.object_to_post": {"assignment": number("{assignment}"), "reason": text(), **SEEN},
    "applications.agree_team": {**SEEN},
    "applications.comment_post": {"kind": choice("slip"), "criterion": choice(""), "text": text()},
    "applications.end_hearing": {**SEEN},
    "applications.report_condition": {"c{condition}-version": Field("version", VERSION), "c{condition}-report": text()},
    "applications.appeal_post": {"grounds": text(), **SEEN},
    "answers.save": {
        "{slug}-points": number("3"), "narrative-{criterion}.a": text(), **SEEN,
    },
    "carry_over.send": {"areas": choice("P")},
    "carry_over.confirm": {"{slug}-points": number("3"), "narrative-{criterion}.a": text(), **SEEN},
    "exchange.confirm": {
        "{slug}-points": number("3"), "{slug}-seen": Field("version", "1"), "{slug}-take": choice("file"),
        "narrative-{criterion}.a": text(),
    },
    "readiness.confirm": {"seen": text("P:0")},
    "desk.delegate": {"person": number("nobody"), "due_on": Field("day", "")},
    "desk.comment": {"text": text()},
    "desk.resolve": {"comment_id": number("999999")},
    "desk.restore": {"number": number("1"), **SEEN},
    "evidence.attach": {"title": text(), "kind": choice("document"), "pages": text("s. 3")},
    "evidence.link": {"evidence_id": number("{evidence}")},
    "evidence.describe": {
        "title": text(), "proves": text(), "kind": choice("document"), "author": text(),
        "period_from": Field("day", "2026-01-07"),
        "period_to": Field("day", "2026-02-07"), "valid_until": Field("day", "2027-02-07"),
        "names_people": choice("no"), "version": Field("version", "1"),
    },
    "evidence.link_many": {
        "application": number("{case}"), "criteria": choice("{unanswered}"), "pages-{unanswered}": text("s. 3"),
    },
    "evidence.remove": {"version": Field("version", "1")},
    "evidence.detach": {"link_id": number("{link}")},
    "audits.declare_post": {"tie": choice("tie"), "note": text(), **SEEN},
    "audits.score": {"{slug}-points": number("3"), "{slug}-reason": text(), "number": Field("version", "1")},
    "audits.record_visit_post": {"held_on": Field("day", "2026-01-07"), "minutes": text()},
    "audits.settle": {"{slug}-points": number("3"), "{slug}-note": text()},
    "audits.agree": {**SEEN},
    "audits.confirm_conditions_post": {"note": text(), **SEEN},
    "reports.send_report": {"summary": text(), "strengths": text(), "recommendations": text(), **SEEN},
    "reports.answer_comment": {
        "item{item}-version": Field("version", VERSION), "item{item}-accepted": choice("yes"),
        "item{item}-answer": text(),
    },
    "reports.finalise": {"summary": text(), "strengths": text(), "recommendations": text(), **SEEN},
    "cases.accept": {**SEEN},
    "cases.return_case_post": {
        "note": text(), "rows": Field("tick", "1"), "request-0-kind": choice("missing"), "request-0-text": text(),
        "request-0-criteria": choice("{criterion}"), **SEEN,
    },
    "cases.reject_post": {"note": text(), **SEEN},
    "cases.extend_conditions_post": {"note": text(), **SEEN},
    "cases.appoint": {"auditor_id": number("{auditor}"), **SEEN},
    "cases.release": {"assignment_id": number("{assignment}"), **SEEN},
    "cases.overrule": {"assignment_id": number("{assignment}"), "note": text(), **SEEN},
    "cases.start_audit": {**SEEN},
    "cases.end_hearing": {**SEEN},
    "supplements.offer": {"criteria": choice("{criterion}"), "note": text(), **SEEN},
    "supplements.answer": {"item{item}-accepted": choice("yes"), "item{item}-reason": text()},
    "certificates.issue": {**SEEN},
    "decisions.decide_post": {
        "outcome": choice("refused"), "reasons": text(), "departure_reasons": text(), **SEEN,
    },
    "decisions.fail_conditions": {"reasons": text(), **SEEN},
    "decisions.appeal_post": {"answer": choice("dismiss"), "reasons": text(), **SEEN},
}  # fmt: skip
# Posts without a field that anybody fills in; the matrix and the pages' own tests have them.
NO_FIELDS = {
    "tokens.revoke",
    "sessions.end",
    "sessions.end_others",
    "users.end_sessions",
    "users.end_token",
    "webhooks.switch_on",
    "webhooks.switch_off",
    "webhooks.remove",
    "webhooks.ping",
    "webhooks.resend",
    "account.sign_out",
    "users.set_active",
    "evidence.upload",
    "evidence.revise",
    "audits.close_scoring",
    "audits.hand_in_post",
    "public.verify_file",
    "exchange.compare",
    # Their fields are headers: tests/web/test_uploads.py.
    "uploads.begin",
    "uploads.begin_in_library",
}
# Where a page stands below the address: unknown parts of it.
UNKNOWN_PARTS: dict[str, dict[str, str]] = {
    "answers.save": {"criterion_id": "X.9"},
    "answers.area": {"area_id": "X"},
    "desk.delegate": {"area_id": "X"},
    "desk.notes": {"criterion_id": "X.9"},
    "desk.comment": {"criterion_id": "X.9"},
    "desk.resolve": {"criterion_id": "X.9"},
    "desk.restore": {"criterion_id": "X.9"},
    "evidence.attach": {"criterion_id": "X.9"},
    "uploads.begin": {"criterion_id": "X.9"},
    "evidence.link": {"criterion_id": "X.9"},
    "evidence.detach": {"criterion_id": "X.9"},
    "audits.score": {"criterion_id": "X.9"},
    "audits.settle": {"criterion_id": "X.9"},
    "audits.scoring": {"area_id": "X"},
    "audits.done": {"step": "nothing"},
    "cases.done": {"step": "nothing"},
    "cases.receipt_pdf": {"submission": "7"},
    "applications.receipt": {"step": "nothing"},
    "applications.report_condition": {"condition_id": "999999999"},
    "public.standard": {"version": "9.9"},
    "public.terms": {"version": "9.9"},
    "carry_over.confirm": {"criterion_id": "X.9"},
    "printing.empty_form": {"version": "9.9"},
}
