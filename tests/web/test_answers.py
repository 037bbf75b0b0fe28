"""The self-assessment in the browser: nothing that was typed is lost, whatever the server answers."""

from collections.abc import Callable

import pytest

from certify.db import db
from certify.domain.lifecycle import Status
from certify.models.application import Answer
from certify.queries import self_assessment
from certify.workflows import answers, applications
from certify.workflows.answers import AnswerData
from tests.factories import OSL, Made, make_application, make_organisation, make_people, make_user, make_walk
from tests.pages import CheckingClient
from tests.statements import counted

Login = Callable[..., CheckingClient]
SCRIPT = {"X-Requested-With": "autosave", "Accept": "application/json"}


@pytest.fixture
def made(client: CheckingClient, login: Login) -> Made:
    """An application that has just begun, with its editor signed in."""
    walk, people, organisation = make_walk()
    walk.take("create")
    login(client, people["editor"])
    return Made(walk.case_id, walk.cast, organisation, people)


def answer(made: Made, criterion: str = "P.1") -> Answer | None:
    db.session.expire_all()
    return self_assessment.answers_of(made.application).get(criterion)


def form(version: int = 0, points: str = "3", text: str = "Piszemy porozumienia.", **more: str) -> dict[str, str]:
    return {"version": str(version), "P-1-points": points, "narrative-P.1.a": text, **more}


def area(made: Made, name: str = "P") -> str:
    return f"/cases/{made.case_id}/self-assessment/{name}"


def save(made: Made, criterion: str = "P.1") -> str:
    return f"/cases/{made.case_id}/answers/{criterion}"


def test_the_area_has_a_form_for_each_criterion(client: CheckingClient, made: Made) -> None:
    page = client.get(area(made)).text
    assert page.count("data-autosave>") == page.count('class="criterion"') > 1
    assert 'name="P-1-points"' in page
    # P.1 is critical: it always applies.
    assert 'id="P-1-points-na"' not in page
    assert "enctype" not in page.replace("formenctype", "")


def test_saving_comes_back_to_the_criterion(client: CheckingClient, made: Made) -> None:
    sent = client.post(save(made), data=form())
    assert sent.status_code == 303
    assert sent.location.endswith("/self-assessment/P#P.1")
    kept = answer(made)
    assert kept is not None
    assert (kept.points, kept.version, kept.narratives) == (3, 1, {"P.1.a": "Piszemy porozumienia."})
    assert "Piszemy porozumienia." in client.get(area(made)).text


def test_a_save_by_the_script_asks_the_database_for_little(client: CheckingClient, made: Made) -> None:
    """Every person who writes sends one each few seconds."""
    client.post(save(made), data=form(), headers=SCRIPT)
    with counted() as sent:
        assert client.post(save(made), data=form(1, text="Jeszcze raz."), headers=SCRIPT).status_code == 200
    begun = [one.split()[0] for one in sent]
    # The person, the case and the answer; both again under the lock, with the history's end; what was kept, and whether
    # it is too much.
    assert begun.count("SELECT") <= 8
    assert sorted(one for one in begun if one in {"INSERT", "UPDATE", "DELETE"}) == ["INSERT", "INSERT", "UPDATE"]


def test_a_half_answer_is_kept(client: CheckingClient, made: Made) -> None:
    assert client.post(save(made), data=form(points="")).status_code == 303
    kept = answer(made)
    assert kept is not None
    assert kept.points is None


def test_a_script_gets_the_new_version(client: CheckingClient, made: Made) -> None:
    reply = client.post(save(made), data=form(), headers=SCRIPT)
    assert reply.status_code == 200
    assert reply.json is not None
    assert (reply.json["ok"], reply.json["version"]) == (True, 1)
    stale = client.post(save(made), data=form(0, text="Inny tekst."), headers=SCRIPT)
    assert stale.status_code == 409
    assert stale.json is not None
    assert stale.json["code"] == "stale_version"
    wrong = client.post(save(made), data=form(1, points="9"), headers=SCRIPT)
    assert wrong.status_code == 422
    assert wrong.json is not None
    assert wrong.json["errors"][0]["code"] == "points_off_scale"


def test_two_tabs_show_both_texts_and_keep_mine(client: CheckingClient, made: Made) -> None:
    answers.save(made.actor("manager"), made.case_id, "P.1", AnswerData(2, narratives={"P.1.a": "Tekst kierowniczki."}))
    page = client.post(save(made), data=form(0, text="Tekst redaktorki."))
    assert page.status_code == 409
    assert "kierowniczki." in page.text
    assert "Maria Zarządca" in page.text
    assert ">\nTekst redaktorki.</textarea>" in page.text
    assert '<input type="hidden" name="version" value="1">' in page.text
    assert 'class="error-summary"' in page.text
    assert client.post(save(made), data=form(1, text="Tekst wspólny.")).status_code == 303
    kept = answer(made)
    assert kept is not None
    assert kept.narratives["P.1.a"] == "Tekst wspólny."


def test_the_same_text_twice_is_no_conflict(client: CheckingClient, made: Made) -> None:
    client.post(save(made), data=form(), headers=SCRIPT)
    assert client.post(save(made), data=form()).status_code == 303


@pytest.mark.parametrize(
    ("sent", "target"),
    [
        ({"points": "9"}, "P-1-points-1"),
        ({"points": "two"}, "P-1-points-1"),
        ({"points": "na"}, "P-1-points-1"),
        ({"text": "ą" * 100_000}, "narrative-P-1-a"),
        ({"text": "a\0b"}, "narrative-P-1-a"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_the_text_stays(
    client: CheckingClient, made: Made, sent: dict[str, str], target: str
) -> None:
    page = client.post(save(made), data=form(**{"text": "Tekst zostaje.", **sent}))
    assert page.status_code == 422
    assert f'href="#{target}"' in page.text
    assert f'id="{target}"' in page.text
    assert sent.get("text", "Tekst zostaje.").replace("\0", "\ufffd") in page.text
    assert answer(made) is None


def test_not_applicable_needs_a_reason(client: CheckingClient, made: Made) -> None:
    data = {"version": "0", "P-2-points": "na"}
    page = client.post(save(made, "P.2"), data=data)
    assert page.status_code == 422
    assert 'href="#P-2-reason"' in page.text
    assert client.post(save(made, "P.2"), data={**data, "P-2-reason": "Nie mamy nowych osób."}).status_code == 303
    kept = answer(made, "P.2")
    assert kept is not None
    assert (kept.not_applicable, kept.reason) == (True, "Nie mamy nowych osób.")


def test_a_form_without_a_version_overwrites_nothing(client: CheckingClient, made: Made) -> None:
    page = client.post(save(made), data={"P-1-points": "3"})
    assert page.status_code == 409
    assert answer(made) is None


def test_other_answers_stay_as_they_are(client: CheckingClient, made: Made) -> None:
    client.post(save(made, "P.2"), data={"version": "0", "P-2-points": "4"})
    page = client.post(save(made), data=form(points="9"))
    assert page.status_code == 422
    assert 'id="P-2-points-4" value="4" checked' in page.text


def test_a_chosen_file_is_not_forgotten_in_silence(client: CheckingClient, made: Made) -> None:
    client.post(save(made), data=form(file="uchwala.pdf"))
    assert "uchwala.pdf" not in client.get(area(made)).text
    with client.session_transaction() as session:
        assert not session.get("_flashes")


@pytest.mark.parametrize("criterion", ["X.9", "P"])
def test_an_unknown_criterion_or_area_is_not_found(client: CheckingClient, made: Made, criterion: str) -> None:
    assert client.post(save(made, criterion), data=form()).status_code == 404
    assert client.get(area(made, "X")).status_code == 404


def test_the_overview_has_the_picture_and_its_table(client: CheckingClient, made: Made) -> None:
    page = client.get(f"/cases/{made.case_id}/self-assessment").text
    assert "radar.svg" in page
    picture = client.get(f"/cases/{made.case_id}/self-assessment/radar.svg")
    assert picture.mimetype == "image/svg+xml"


def test_a_closed_case_is_read_only(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.REFUSED)
    login(client, made.people["editor"])
    page = client.get(area(made)).text
    assert "data-autosave" not in page
    assert client.post(save(made), data=form(1)).status_code == 409


def test_the_coordinator_reads_the_sealed_submission_only(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.SUPPLEMENT)
    answers.save(made.actor("manager"), made.case_id, "P.1", AnswerData(4, narratives={"P.1.a": "Nowy opis."}))
    login(client, made.people["coordinator"])
    page = client.get(area(made)).text
    assert "Opis do wskaźnika P.1.a." in page
    assert "Nowy opis." not in page
    assert client.get(f"/cases/{made.case_id}/self-assessment").status_code == 200
    applications.resubmit(made.actor("manager"), made.case_id)
    assert "Nowy opis." in client.get(area(made)).text


def test_nobody_else_reads_a_draft(client: CheckingClient, login: Login, made: Made) -> None:
    for part, status in (("coordinator", 404), ("stranger", 404), ("decider", 404), ("lead", 403)):
        login(client, made.people[part])
        assert client.get(area(made)).status_code == status


def test_the_real_standard_renders(client: CheckingClient, login: Login) -> None:
    made = make_application(Status.DRAFT, OSL)
    login(client, made.people["manager"])
    for name in ("O1", "O5"):
        assert client.get(area(made, name)).status_code == 200


def test_people_of_two_centres_do_not_mix(client: CheckingClient, login: Login, made: Made) -> None:
    other = make_organisation("Trzeci Ośrodek")
    make_people(other)
    login(client, make_user(centre=other))
    assert client.post(save(made), data=form()).status_code == 404
