"""The centre's desk as its people see it: the list, a new application, the signature, the later steps."""

import re
from collections.abc import Callable

import pytest

from certify.domain.lifecycle import Status
from certify.queries import audits, cases
from certify.workflows import teams
from tests.factories import OSL, SMALL, Made, make_application, make_organisation, make_user, publish
from tests.pages import CheckingClient

Login = Callable[..., CheckingClient]


def signed_in(client: CheckingClient, login: Login, made: Made, part: str) -> CheckingClient:
    return login(client, made.people[part])


def test_an_empty_desk_offers_one_action(client: CheckingClient, login: Login) -> None:
    login(client, make_user(centre=make_organisation()))
    page = client.get("/applications")
    assert page.status_code == 200
    assert "Nie ma jeszcze wniosku" in page.text or "No application yet" in page.text
    assert page.text.count('href="/applications/new"') == 1


def test_the_list_shows_status_and_the_next_step(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.DRAFT)
    page = signed_in(client, login, made, "editor").get("/applications").text
    assert made.application.number in page
    assert f"/cases/{made.case_id}/self-assessment" in page
    login(client, made.people["stranger"])
    assert made.application.number not in client.get("/applications").text


@pytest.mark.parametrize("status", list(Status))
def test_the_list_stands_in_every_status(client: CheckingClient, login: Login, status: Status) -> None:
    # The small standard knows no conditional outcome.
    made = make_application(status, OSL if status is Status.CONDITIONAL else SMALL)
    page = signed_in(client, login, made, "manager").get("/applications")
    assert page.status_code == 200
    assert made.application.number in page.text


def test_a_new_application_begins_and_a_second_one_is_refused(client: CheckingClient, login: Login) -> None:
    publish()
    centre = make_organisation()
    login(client, make_user(centre=centre))
    unit = str(centre.units[0].id)
    form = client.get("/applications/new").text
    assert re.search(r'name="unit"[^>]*value="\d+"[^>]*checked|checked[^>]*name="unit"', form)
    sent = client.post("/applications/new", data={"unit": unit, "scheme": "wolontariat/1.0"})
    assert sent.status_code == 303
    assert sent.location.endswith("/self-assessment")
    again = client.post("/applications/new", data={"unit": unit, "scheme": "wolontariat/1.0"})
    assert again.status_code == 409
    assert 'class="error-summary"' in again.text


def test_a_new_application_needs_a_choice(client: CheckingClient, login: Login) -> None:
    publish()
    centre = make_organisation()
    login(client, make_user(centre=centre))
    page = client.post("/applications/new", data={"scheme": "wolontariat/1.0", "unit": "999999"})
    assert page.status_code == 422


def test_the_check_list_links_what_is_missing(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.DRAFT)
    page = signed_in(client, login, made, "manager").get(f"/cases/{made.case_id}/submit").text
    gaps = [one.criterion for one in cases.self_assessment.readiness_of(made.application).gaps]
    assert gaps
    for criterion in gaps:
        assert f"#{criterion}" in page
    assert 'aria-disabled="true"' in page
    assert 'name="declaration"' not in page


def test_submitting_an_incomplete_application_is_out_of_turn(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.DRAFT)
    version = str(made.application.version)
    answer = signed_in(client, login, made, "manager").post(
        f"/cases/{made.case_id}/submit", data={"declaration": "y", "version": version}
    )
    assert answer.status_code == 409
    assert made.application.status == Status.DRAFT


def ready(client: CheckingClient, login: Login) -> Made:
    made = make_application(Status.SUPPLEMENT)
    signed_in(client, login, made, "manager")
    return made


def test_the_manager_signs_and_gets_a_receipt(client: CheckingClient, login: Login) -> None:
    made = ready(client, login)
    address = f"/cases/{made.case_id}/submit"
    version = str(made.application.version)
    assert 'name="declaration"' in client.get(address).text
    unsigned = client.post(address, data={"version": version})
    assert unsigned.status_code == 422
    assert 'href="#declaration"' in unsigned.text
    sent = client.post(address, data={"version": version, "declaration": "y"})
    assert sent.status_code == 303
    receipt = client.get(sent.location)
    assert receipt.status_code == 200
    assert made.application.number in receipt.text
    assert made.application.submissions[-1].sha256[:16] in receipt.text
    assert made.application.status == Status.SUBMITTED


def test_a_stale_check_list_is_not_signed(client: CheckingClient, login: Login) -> None:
    made = ready(client, login)
    page = client.post(f"/cases/{made.case_id}/submit", data={"version": "1", "declaration": "y"})
    assert page.status_code == 409
    assert f'value="{made.application.version}"' in page.text


def test_an_editor_sees_why_only_the_manager_signs(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.SUPPLEMENT)
    signed_in(client, login, made, "editor")
    address = f"/cases/{made.case_id}/submit"
    page = client.get(address).text
    assert 'aria-disabled="true"' in page
    version = str(made.application.version)
    assert client.post(address, data={"version": version, "declaration": "y"}).status_code == 403


def test_withdrawing_asks_first(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.DRAFT)
    signed_in(client, login, made, "manager")
    address = f"/cases/{made.case_id}/withdraw"
    assert "button--danger" in client.get(address).text
    stale = client.post(address, data={"version": "77"})
    assert stale.status_code == 409
    done = client.post(address, data={"version": str(made.application.version)})
    assert client.get(done.location).status_code == 200
    assert made.application.status == Status.WITHDRAWN


def test_a_receipt_needs_its_step(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.DRAFT)
    signed_in(client, login, made, "manager")
    for step in ("submit", "grant", "nothing"):
        assert client.get(f"/cases/{made.case_id}/receipt/{step}").status_code == 404


@pytest.mark.parametrize("page", ["submit", "withdraw", "object", "hearing", "conditions", "appeal", "receipt/submit"])
@pytest.mark.parametrize("part", ["stranger"])
def test_foreign_and_missing_look_the_same(client: CheckingClient, login: Login, page: str, part: str) -> None:
    made = make_application(Status.HEARING)
    signed_in(client, login, made, part)
    for case_id in (made.case_id, 999_999):
        assert client.get(f"/cases/{case_id}/{page}").status_code == 404


def team_of(client: CheckingClient, login: Login) -> Made:
    made = make_application(Status.TEAMING)
    member = cases.team(made.application)[0]
    # The walk's team is agreed; a new appointment gives the centre its say back.
    teams.release(made.actor("coordinator"), made.case_id, member.id)
    teams.appoint(made.actor("coordinator"), made.case_id, made.people["outsider"].id, lead=True)
    signed_in(client, login, made, "manager")
    return made


def test_the_centre_agrees_to_the_team(client: CheckingClient, login: Login) -> None:
    made = team_of(client, login)
    page = client.get(f"/cases/{made.case_id}/object").text
    assert "Olga Audytorka" in page
    done = client.post(f"/cases/{made.case_id}/agree-team", data={"version": str(made.application.version)})
    assert done.status_code == 303
    assert client.get(done.location).status_code == 200
    assert made.application.team_agreed_at is not None


def test_the_centre_objects_with_a_reason(client: CheckingClient, login: Login) -> None:
    made = team_of(client, login)
    address = f"/cases/{made.case_id}/object"
    member = str(cases.team(made.application)[0].id)
    version = str(made.application.version)
    empty = client.post(address, data={"version": version, "assignment": member})
    assert empty.status_code == 422
    typed = "Szkoliła nasz zespół w styczniu."
    stale = client.post(address, data={"version": "1", "assignment": member, "reason": typed})
    assert stale.status_code == 409
    assert typed in stale.text
    bad = client.post(address, data={"version": version, "assignment": member, "reason": typed + "\0"})
    assert bad.status_code == 422
    assert typed in bad.text
    done = client.post(address, data={"version": version, "assignment": member, "reason": typed})
    assert done.status_code == 303
    assert client.get(done.location).status_code == 200
    assert typed in client.get(address).text


def test_an_empty_team_says_what_comes(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.SUBMITTED)
    assert signed_in(client, login, made, "editor").get(f"/cases/{made.case_id}/object").status_code == 200


def test_the_hearing_takes_comments_and_ends(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.HEARING)
    signed_in(client, login, made, "manager")
    address = f"/cases/{made.case_id}/hearing"
    page = client.get(address).text
    assert audits.reports(made.application)[0].summary in page
    long = "ż" * 5000
    refused = client.post(address, data={"kind": "slip", "criterion": "", "text": long})
    assert refused.status_code == 422
    assert long in refused.text
    assert client.post(address, data={"kind": "slip", "criterion": "P.1", "text": "Zła data."}).status_code == 303
    assert "Zła data." in client.get(address).text
    done = client.post(f"{address}/end", data={"version": str(made.application.version)})
    assert client.get(done.location).status_code == 200
    assert client.get(address).status_code == 200
    late = client.post(address, data={"kind": "slip", "criterion": "", "text": "Jeszcze jedno."})
    assert late.status_code == 409


def test_the_editor_comments_but_does_not_end_the_hearing(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.HEARING)
    signed_in(client, login, made, "editor")
    assert 'aria-disabled="true"' in client.get(f"/cases/{made.case_id}/hearing").text
    version = str(made.application.version)
    assert client.post(f"/cases/{made.case_id}/hearing/end", data={"version": version}).status_code == 403


def test_before_the_hearing_there_are_no_results(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.AUDIT)
    page = signed_in(client, login, made, "manager").get(f"/cases/{made.case_id}/hearing")
    assert page.status_code == 409


def test_conditions_are_reported_one_by_one(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.CONDITIONAL, OSL)
    signed_in(client, login, made, "editor")
    address = f"/cases/{made.case_id}/conditions"
    condition = cases.decisions(made.application)[-1].conditions[0].id
    assert client.get(address).status_code == 200
    version = {f"c{condition}-version": "1"}
    assert client.post(f"{address}/{condition}", data={}).status_code == 422
    assert client.post(f"{address}/999", data={f"c{condition}-report": "x", **version}).status_code == 404
    long = "ł" * 5000
    refused = client.post(f"{address}/{condition}", data={f"c{condition}-report": long, **version})
    assert refused.status_code == 422
    assert long in refused.text
    done = client.post(f"{address}/{condition}", data={f"c{condition}-report": "Wpis uzupełniony.", **version})
    assert done.status_code == 303
    assert "Wpis uzupełniony." in client.get(address).text
    # A colleague who had the page open all the time sees both texts, and which of them is kept.
    late = client.post(f"{address}/{condition}", data={f"c{condition}-report": "Uchwała z 3 marca.", **version})
    assert late.status_code == 409
    assert "W międzyczasie ktoś zmienił tę sprawę." in late.text
    assert "Wpis uzupełniony." in late.text
    assert "Uchwała z 3 marca." in late.text
    assert cases.decisions(made.application)[-1].conditions[0].report == "Wpis uzupełniony."


def test_an_appeal_is_filed_with_grounds(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.REFUSED)
    signed_in(client, login, made, "manager")
    address = f"/cases/{made.case_id}/appeal"
    version = str(made.application.version)
    assert cases.decisions(made.application)[-1].reasons in client.get(address).text
    assert client.post(address, data={"version": version}).status_code == 422
    stale = client.post(address, data={"version": "1", "grounds": "Pominięto protokół."})
    assert stale.status_code == 409
    assert "Pominięto protokół." in stale.text
    done = client.post(address, data={"version": version, "grounds": "Pominięto protokół."})
    assert client.get(done.location).status_code == 200
    assert made.application.status == Status.APPEAL
    again = client.post(address, data={"version": str(made.application.version), "grounds": "Jeszcze raz."})
    assert again.status_code == 409


def test_without_a_decision_there_is_no_appeal(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.AUDIT)
    assert signed_in(client, login, made, "manager").get(f"/cases/{made.case_id}/appeal").status_code == 409
