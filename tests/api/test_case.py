"""A whole case by API alone, and what each noun of the audit answers, as whole values."""

import io
from collections.abc import Callable

import pytest
from flask import Flask

from certify.domain.lifecycle import Status
from certify.domain.policy import Role
from certify.models.account import User
from certify.queries.rubrics import rubric_of
from certify.walk import Cast, Walk
from certify.workflows import audits, evidence
from tests.api.conftest import Call
from tests.api.walking import Program, code
from tests.factories import (
    SMALL,
    Made,
    fresh_actor,
    make_application,
    make_audit,
    make_organisation,
    make_people,
    make_user,
    publish,
    small_script,
)
from tests.world import CONDITIONS, publish_with_conditions

Make = Callable[[User], Call]
REPORT = {"summary": "Ośrodek spełnia standard."}


def everybody(program: Make, people: dict[str, User], case_id: int) -> dict[str, Program]:
    return {part: Program(program(user), case_id) for part, user in people.items()}


def part(program: Make, made: Made, name: str) -> Program:
    return Program(program(made.people[name]), made.case_id)


def criteria(made: Made) -> list[str]:
    return [one.id for one in rubric_of(made.application).criteria_for(made.application.centre_type)]


def test_from_draft_to_certificate(app: Flask, program: Make) -> None:
    publish()
    organisation = make_organisation()
    people = make_people(organisation)
    manager = program(people["manager"])
    unit = manager("GET", "/organisations").json["items"][0]["id"]
    begun = manager("POST", "/applications", {"scheme": SMALL[0], "organisation_id": unit}, Idempotency_Key="a").json
    cast = everybody(program, people, begun["id"])
    standard = manager("GET", f"/rubrics/{begun['scheme']}/{begun['rubric_version']}").json
    indicators = {one["id"]: one["indicators"] for area in standard["areas"] for one in area["criteria"]}
    asked = cast["manager"].items("/answers")
    for answer in asked:
        texts = {one["id"]: "Działa co tydzień." for one in indicators[answer["id"]]}
        body = {"points": 3, "narratives": texts}
        assert cast["manager"].send(f"/answers/{answer['id']}", body, "PUT", answer["etag"]).status_code == 200
        evidence.attach(
            fresh_actor(people["manager"]), begun["id"], answer["id"], io.BytesIO(b"Uchwala.\n"), "uchwała.txt"
        )
    assert cast["manager"].take("submit")["status"] == "submitted"
    assert cast["coordinator"].take("accept")["status"] == "teaming"
    _team(cast)
    _audit(cast, [one["id"] for one in asked])
    _hearing(cast)
    assert cast["decider"].get("/trace").json["outcome"] == "bronze"
    decision = {"outcome": "bronze", "reasons": "Raport potwierdza wymagania."}
    assert cast["decider"].take("grant", decision)["status"] == "granted"
    assert cast["coordinator"].take("issue")["status"] == "certified"
    assert cast["manager"].get("/decision").json["outcome"] == "bronze"
    assert cast["manager"].get("/trace").json["decision"] == cast["manager"].get("/decision").json["number"]


def _team(cast: dict[str, Program]) -> None:
    office = cast["coordinator"]
    found = {one["name"]: one["id"] for one in office.call("GET", "/auditors").json["items"]}
    for name, lead in (("Wanda Wiodąca", True), ("Adam Audytor", False)):
        made = office.send("/assignments", {"auditor_id": found[name], "lead": lead})
        assert (made.status_code, made.headers["ETag"]) == (201, made.json["etag"])
    places = {one["auditor"]["name"]: one["id"] for one in office.items("/assignments")}
    lead, second = cast["lead"], cast["auditor"]
    assert lead.send(f"/assignments/{places['Wanda Wiodąca']}/declaration", {"tie": False}).status_code == 200
    assert code(second.send(f"/assignments/{places['Wanda Wiodąca']}/declaration", {"tie": False})) == (
        403, "forbidden",
    )  # fmt: skip
    second.take("declare", {"tie": False})
    cast["manager"].take("agree_team")
    assert office.take("start_audit")["status"] == "audit"


def _audit(cast: dict[str, Program], asked: list[str]) -> None:
    lead, second = cast["lead"], cast["auditor"]
    assert lead.get("/submission").json["answers"].keys() == set(asked)
    for criterion in asked:
        assert lead.rate(criterion, 3).status_code == 200
    low = "P.2"
    for criterion in asked:
        sent = {"criterion": criterion, "points": 1 if criterion == low else 3, "reason": "Brak dowodów."}
        second.take("score", sent, tag=f'"{criterion}-0"')
    lead.take("hand_in")
    second.take("hand_in")
    lead.take("record_visit", {"held_on": "2026-01-07", "minutes": "Rozmowy i obejście."})
    assert lead.take("close_scoring")["status"] == "consensus"
    (open_one,) = lead.items("/consensus")
    assert (open_one["id"], open_one["version"]) == (low, 0)
    agreed = second.send(f"/consensus/{low}", {"points": 3, "note": "Rozstrzyga wizyta."}, tag=open_one["etag"])
    assert (agreed.status_code, agreed.headers["ETag"]) == (200, f'"{low}-1"')
    again = lead.send(f"/consensus/{low}", {"points": 1, "note": "Inaczej."}, tag=open_one["etag"])
    assert code(again) == (412, "stale_version")
    assert lead.take("agree")["status"] == "report"


def _hearing(cast: dict[str, Program]) -> None:
    lead, manager = cast["lead"], cast["manager"]
    assert code(manager.get("/ratings")) == (404, "not_found")
    assert lead.take("send_report", REPORT)["status"] == "hearing"
    assert manager.get("/ratings").json["points"]["P.2"] == 3
    assert [one["summary"] for one in manager.items("/reports")] == [REPORT["summary"]]
    assert code(manager.get("/trace")) == (404, "not_found")
    item = manager.send("/hearing-items", {"kind": "slip", "text": "Zła data.", "criterion": "P.2"})
    assert item.status_code == 201
    assert manager.take("end_hearing")["status"] == "report"
    reply = {"accepted": True, "answer": "Poprawiono."}
    seen = item.json["etag"]
    answered = lead.send(f"/hearing-items/{item.json['id']}/answer", reply, tag=seen)
    assert answered.json == {
        **item.json, **reply, "answered_at": answered.json["answered_at"],
        "version": answered.json["version"], "etag": answered.headers["ETag"],
    }  # fmt: skip
    assert manager.items("/hearing-items") == [answered.json]
    late = lead.send(f"/hearing-items/{item.json['id']}/answer", {**reply, "answer": "Nie."}, tag=seen)
    assert code(late) == (412, "stale_version")
    assert lead.take("finalise", REPORT)["status"] == "decision"


def test_the_team_as_each_may_know_it(app: Flask, program: Make) -> None:
    made = make_application(Status.SUBMITTED)
    cast = everybody(program, made.people, made.case_id)
    office = cast["coordinator"]
    office.take("accept")
    unknown = office.send("/assignments", {"auditor_id": 999_999})
    assert code(unknown) == (404, "not_found")
    appointed = office.send("/assignments", {"auditor_id": made.people["outsider"].id, "lead": True})
    twice = office.send("/assignments", {"auditor_id": made.people["outsider"].id})
    assert code(twice) == (409, "auditor_already_appointed")
    office.take("appoint", {"auditor_id": made.people["auditor"].id})
    place = appointed.json["id"]
    cast["outsider"].send(f"/assignments/{place}/declaration", {"tie": True, "note": "Szkoliłam ich zespół."})
    objection = f"/assignments/{place}/objection"
    assert code(cast["editor"].send(objection, {"reason": "Szkoliła nas."})) == (403, "forbidden")
    assert cast["manager"].send(objection, {"reason": "Szkoliła nas."}).json["objection"] == "Szkoliła nas."
    assert code(cast["manager"].send(objection, {"reason": "Znowu."})) == (409, "objected_already")
    who = {"auditor", "lead", "appointed_at", "id", "version", "etag"}
    declaration, against = {"declared_at", "tie"}, {"objected_at", "objection", "overruled_at", "overrule_note"}
    keys = {
        name: set(cast[name].items("/assignments")[0]) for name in ("coordinator", "manager", "auditor", "outsider")
    }
    assert keys == {
        "coordinator": who | declaration | against | {"tie_note", "handed_in_at"},
        "manager": who | declaration | against,
        "auditor": who | declaration | {"handed_in_at"},
        "outsider": who | declaration | {"tie_note", "handed_in_at"},
    }
    office.take("overrule", {"assignment_id": place, "note": "Szkolenie było otwarte."})
    office.take("release", {"assignment_id": place})
    assert [one["auditor"]["name"] for one in office.items("/assignments")] == ["Adam Audytor"]
    assert code(office.send("/actions/release", {"assignment_id": place})) == (404, "not_found")
    assert code(cast["outsider"].get()) == (404, "not_found")


def test_a_sheet_of_ones_own(app: Flask, program: Make) -> None:
    made = make_audit()
    lead = part(program, made, "lead")
    first = criteria(made)[0]
    empty = lead.get(f"/scores/{first}")
    assert empty.json == {
        "id": first, "version": 0, "etag": f'"{first}-0"', "points": None, "not_applicable": False, "reason": "",
        "submission": None, "scored_at": None,
    }  # fmt: skip
    rated = lead.rate(first, 3)
    assert rated.json == {
        **empty.json, "version": 1, "etag": rated.headers["ETag"], "points": 3, "submission": 1,
        "scored_at": rated.json["scored_at"],
    }  # fmt: skip
    assert lead.items("/scores")[0]["scores"] == [rated.json]
    stale = lead.send(f"/scores/{first}", {"points": 2, "reason": "Inaczej."}, "PUT", empty.headers["ETag"])
    assert code(stale) == (412, "stale_version")
    refusals = [
        ({"points": 2}, "score_reason_missing"),
        ({"points": 99, "reason": "Za dużo."}, "points_off_scale"),
        ({"points": None, "reason": "Nic."}, "required"),
        ({"points": 3, "reason": "Tak.", "assignment_id": 1}, "unknown_field"),
        ({"points": "3"}, "bad_number"),
    ]
    for body, fault in refusals:
        answer = lead.send(f"/scores/{first}", body, "PUT", rated.headers["ETag"])
        assert (answer.status_code, [one["code"] for one in answer.json["errors"]]) == (422, [fault])
    assert code(lead.send("/scores/nope", {"points": 3}, "PUT", '"nope-0"')) == (404, "not_found")
    assert code(lead.send("/actions/hand_in", {})) == (409, "sheet_incomplete")
    assert code(lead.get("/consensus")) == (404, "not_found")


def test_changes_offered_during_the_audit(app: Flask, program: Make) -> None:
    made = make_audit()
    manager, lead = part(program, made, "manager"), part(program, made, "lead")
    first, second, *_ = criteria(made)
    for criterion in (first, second):
        answer = manager.get(f"/answers/{criterion}").json
        body = {"points": 4, "narratives": dict.fromkeys(answer["narratives"], "Nowy opis.")}
        manager.send(f"/answers/{criterion}", body, "PUT", answer["etag"])
    sealed = lead.get("/submission").json
    assert code(manager.send("/supplements", {"criteria": [], "note": "Nowe."})) == (422, "criteria_missing")
    offered = manager.send("/supplements", {"criteria": [first], "note": "Nowa uchwała."})
    assert offered.status_code == 201
    assert offered.json["items"] == [
        {
            "id": offered.json["items"][0]["id"],
            "criterion": first,
            "answer": {**sealed["answers"][first], "points": 4,
                       "narratives": dict.fromkeys(sealed["answers"][first]["narratives"], "Nowy opis.")},
            "evidence": sealed["evidence"][first],
            "accepted": None,
            "reason": "",
            "decided_at": None,
        }
    ]  # fmt: skip
    manager.take("offer_supplement", {"criteria": [second], "note": "I druga."})
    other = lead.items("/supplements")[1]["items"][0]["id"]
    place = f"/supplement-items/{offered.json['items'][0]['id']}/answer"
    assert code(part(program, made, "auditor").send(place, {"accepted": True})) == (403, "forbidden")
    taken = lead.send(place, {"accepted": True})
    assert taken.json["items"][0]["accepted"] is True
    assert code(lead.send(place, {"accepted": False, "reason": "Nie."})) == (409, "item_answered")
    lead.take("answer_supplement", {"item_id": other, "accepted": False, "reason": "Za późno."})
    assert [one["accepted"] for row in manager.items("/supplements") for one in row["items"]] == [True, False]
    read = lead.get("/submission").json
    assert (read["accepted"], read["answers"][first]["points"]) == ([first], 4)
    assert (read["version"], read["sha256"]) == (sealed["version"], sealed["sha256"])


def test_a_request_and_its_answer(app: Flask, program: Make) -> None:
    made = make_application(Status.SUBMITTED)
    manager, office = part(program, made, "manager"), part(program, made, "coordinator")
    first, second, *_ = criteria(made)
    asked = {"kind": "outdated", "text": "Prosimy o aktualny opis.", "criteria": [first, second]}
    office.take("return", {"note": "Opis jest z 2019 r.", "requests": [asked]})
    (request,) = manager.items("/supplement-requests")
    assert request == {
        **asked, "id": request["id"], "submission": 1, "asked_at": request["asked_at"],
        "version": request["version"], "etag": office.get().headers["ETag"],
    }  # fmt: skip
    answer = manager.get(f"/answers/{first}").json
    manager.send(f"/answers/{first}", {"points": 4, "narratives": answer["narratives"]}, "PUT", answer["etag"])
    manager.take("resubmit")
    (answered,) = office.items("/supplement-requests")
    assert (answered["answered_in"], answered["changed"]) == (2, [first])


def test_conditions_are_reported_and_confirmed(app: Flask, program: Make) -> None:
    publish_with_conditions()
    organisation = make_organisation()
    people = make_people(organisation)
    auditors = (fresh_actor(people["lead"]), fresh_actor(people["auditor"]))
    actors = [fresh_actor(people[one]) for one in ("manager", "coordinator", "decider")]
    walk = Walk(Cast(actors[0], actors[1], auditors, actors[2]), organisation.units[0].id, CONDITIONS,
                small_script(CONDITIONS))  # fmt: skip
    cast = everybody(program, people, walk.to(Status.DECISION))
    decision = {"outcome": "conditional", "reasons": "Brak planu.", "departure_reasons": "Plan wygasł."}
    strange = [{"kind": "criterion", "subject": "X.9", "text": "Uzupełnić."}]
    refused = cast["decider"].send("/actions/grant_conditionally", {**decision, "conditions": strange})
    assert [(one["field"], one["code"]) for one in refused.json["errors"]] == [("conditions", "not_a_choice")]
    given = [
        {"kind": "criterion", "subject": "P.2", "text": "Uzupełnić opis."},
        {"kind": "other", "text": "Ogłosić plan."},
    ]
    cast["decider"].take("grant_conditionally", {**decision, "conditions": given})
    shown = cast["manager"].get("/decision").json
    assert [(one["kind"], one["subject"], one["reported_at"]) for one in shown["conditions"]] == [
        ("criterion", "P.2", None), ("other", "", None),
    ]  # fmt: skip
    one, two = (row["id"] for row in shown["conditions"])
    seen, untouched = (row["etag"] for row in shown["conditions"])
    assert code(cast["lead"].send("/actions/confirm_conditions", {"note": "Jest."})) == (409, "condition_not_reported")
    reported = cast["manager"].send(f"/conditions/{one}/report", {"report": "Zarządzenie 7."}, tag=seen)
    # Whoever did not see that report can't write over it.
    late = cast["editor"].send(f"/conditions/{one}/report", {"report": "Uchwała."}, tag=seen)
    assert code(late) == (412, "stale_version")
    assert reported.json["conditions"][0]["report"] == "Zarządzenie 7."
    # Nobody touched the second one: the report on the first is no obstacle.
    cast["editor"].take("report_condition", {"condition_id": two, "report": "Na stronie."}, tag=untouched)
    missing = cast["manager"].send("/conditions/999/report", {"report": "Nic."}, tag='"999-1"')
    assert code(missing) == (404, "not_found")
    assert cast["auditor"].take("confirm_conditions", {"note": "Zgodne."})["status"] == "granted"
    assert all(row["verified_at"] for row in cast["manager"].get("/decision").json["conditions"])


def test_an_appeal_stands_beside_its_decision(app: Flask, program: Make) -> None:
    made = make_application(Status.REFUSED)
    manager = part(program, made, "manager")
    before = manager.get("/decision").json
    assert "appeal" not in before and before["earlier"] == []
    manager.take("appeal", {"grounds": "Pominięto dowody."})
    panel = part(program, made, "panel")
    panel.take("uphold", {"reasons": "Dowody pominięto."})
    upheld = manager.get("/decision").json
    assert {key: upheld["appeal"][key] for key in ("grounds", "upheld", "reasons")} == {
        "grounds": "Pominięto dowody.", "upheld": True, "reasons": "Dowody pominięto.",
    }  # fmt: skip
    other = Program(program(make_user("Nowa Decydująca", Role.DECISION_MAKER)), made.case_id)
    computed = other.get("/trace").json
    assert computed["decision"] == upheld["number"]
    body = {"outcome": before["computed_outcome"], "reasons": "Wymagania spełnione."}
    assert other.take("grant", body)["status"] == "granted"
    newest = manager.get("/decision").json
    assert [one["number"] for one in newest["earlier"]] == [before["number"]]


SECRETS = {"lead": "tajemnica-pierwsza", "auditor": "tajemnica-druga"}


def test_nobody_reads_a_sheet_too_early(app: Flask, program: Make) -> None:
    """Every operation that reads, by everybody: not a word of another's sheet before all are handed in."""
    made = make_audit()
    # The editor stands where the manager does, the panel where the decision maker does.
    people = {name: user for name, user in made.people.items() if name not in {"editor", "stranger", "panel"}}
    cast = everybody(program, people, made.case_id)
    asked = criteria(made)
    for name, secret in SECRETS.items():
        for criterion in asked:
            audits.score(made.actor(name), made.case_id, criterion, points=1, reason=secret)
    cast["lead"].take("hand_in")
    assert readers(app, cast, asked[0]) == {"lead": {"lead"}, "auditor": {"auditor"}}
    assert keys_of(cast["auditor"]) == ["Adam Audytor"]
    cast["auditor"].take("hand_in")
    assert readers(app, cast, asked[0]) == {name: {"lead", "auditor", "coordinator"} for name in SECRETS}
    assert keys_of(cast["auditor"]) == ["Wanda Wiodąca", "Adam Audytor"]


def keys_of(program: Program) -> list[str]:
    return [one["auditor"]["name"] for one in program.items("/scores")]


def readers(app: Flask, cast: dict[str, Program], criterion: str) -> dict[str, set[str]]:
    """Whose reason is read by whom, through any operation about the case."""
    found: dict[str, set[str]] = {name: set() for name in SECRETS}
    for path, methods in app.extensions["certify.api"]()["paths"].items():
        if "get" not in methods or "{application_id}" not in path:
            continue
        for who, program in cast.items():
            rest = path.partition("{application_id}")[2].replace("{criterion_id}", criterion).replace("{area_id}", "P")
            text = program.get(rest).get_data(as_text=True)
            for name, secret in SECRETS.items():
                if secret in text:
                    found[name].add(who)
    return found


@pytest.mark.parametrize("at", [Status.CONSENSUS, Status.REPORT])
def test_the_centre_waits_for_the_hearing(app: Flask, program: Make, at: Status) -> None:
    made = make_application(at)
    manager, lead = part(program, made, "manager"), part(program, made, "lead")
    for rest in ("/reports", "/ratings", "/hearing-items", "/trace", "/decision"):
        assert code(manager.get(rest)) == (404, "not_found")
    assert code(manager.get("/scores")) == code(manager.get("/consensus")) == (403, "forbidden")
    assert code(lead.get("/ratings"))[0] == (200 if at is Status.REPORT else 404)
