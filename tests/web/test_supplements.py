"""The living copy beside the submission on the pages: the difference, the offer, the answers, what others read."""

import re
from collections.abc import Callable

import pytest

from certify.domain.lifecycle import Status
from certify.i18n import SESSION_KEY
from certify.queries import supplements as queries
from certify.workflows import answers, audits, supplements
from certify.workflows.answers import AnswerData
from tests.factories import Made, make_application, make_audit
from tests.pages import CheckingClient

Login = Callable[..., CheckingClient]
Enter = Callable[[Made, str], CheckingClient]
NOTE = "Rada przyjęła strategię po złożeniu."
NEW = "Nowy opis po uchwale."


@pytest.fixture
def enter(client: CheckingClient, login: Login) -> Enter:
    """Signs in the person who plays a part; in English, so that the tests read like the code."""

    def come(made: Made, part: str) -> CheckingClient:
        with client.session_transaction() as session:
            session[SESSION_KEY] = "en"
        return login(client, made.people[part])

    return come


def write(made: Made, criterion: str = "P.1", text: str = NEW) -> None:
    data = AnswerData(points=3, narratives={f"{criterion}.a": text})
    answers.save(made.cast.manager, made.case_id, criterion, data)


def offer_form(made: Made, **fields: str) -> dict[str, str]:
    return {"version": str(made.application.version), "note": NOTE, "criteria": "P.1", **fields}


def offered() -> Made:
    made = make_audit()
    write(made)
    supplements.offer(made.cast.manager, made.case_id, ["P.1"], NOTE)
    return made


def first_item(made: Made) -> int:
    return queries.supplements_of(made.application)[0].items[0].id


def test_the_copy_says_whose_it_is_and_saves_on(enter: Enter) -> None:
    made = make_audit()
    client = enter(made, "editor")
    base = f"/cases/{made.case_id}"
    for page in (f"{base}/self-assessment", f"{base}/self-assessment/P", f"{base}/difference"):
        text = client.get(page).text
        assert "You work in your own copy. The auditors see submission no. 1 of" in text
        # Nothing is to be submitted now.
        assert f"{base}/submit" not in text
    sent = client.post(f"{base}/answers/P.1", data={"version": "1", "P-1-points": "3", "narrative-P.1.a": NEW})
    assert sent.status_code == 303
    assert NEW in client.get(f"{base}/self-assessment/P").text


def test_the_difference_is_the_centres_own(enter: Enter) -> None:
    made = make_audit()
    url = f"/cases/{made.case_id}/difference"
    assert "Your copy says the same as what the auditors see." in enter(made, "editor").get(url).text
    write(made)
    page = enter(made, "manager").get(url).text
    assert page.count('<article class="criterion"') == page.count('name="criteria"') == 1
    assert "<ins>" in page and "<del>" in page and "uchwale." in page
    unchanged = re.search(r"Unchanged criteria \((\d+)\)", page)
    asked = len(queries.as_read(made.application).content["answers"])
    assert unchanged is not None and int(unchanged[1]) == asked - 1
    editor = enter(made, "editor").get(url).text
    assert 'name="criteria"' not in editor and "Only a manager of the centre can do this." in editor
    for part in ("lead", "auditor", "coordinator"):
        sent = enter(made, part).get(url)
        assert (sent.status_code, sent.location) == (303, f"/cases/{made.case_id}/supplements")
        assert enter(made, part).get(f"/cases/{made.case_id}/supplements").status_code == 404
    assert enter(made, "stranger").get(url).status_code == 404


def test_nothing_is_compared_before_the_first_submission(enter: Enter) -> None:
    made = make_application(Status.DRAFT)
    assert enter(made, "manager").get(f"/cases/{made.case_id}/difference").status_code == 404


@pytest.mark.parametrize("part", ["coordinator", "lead", "auditor", "decider", "admin"])
def test_nobody_else_reads_the_copy(enter: Enter, part: str) -> None:
    made = make_application(Status.DECISION)
    write(made)
    client = enter(made, part)
    base = f"/cases/{made.case_id}"
    pages = ["", "/submission", "/self-assessment", "/self-assessment/P", "/scoring/P", "/sheet", "/report"]
    pages += ["/consensus", "/hearing", "/decide", "/difference", "/supplements", "/submissions/1/receipt.pdf"]
    read = {page: client.get(base + page) for page in pages}
    assert [page for page, answer in read.items() if NEW.encode() in answer.data or b"uchwale" in answer.data] == []
    assert read["/submission"].status_code == 200


def without_token(page: str) -> str:
    """The form's token holds the second in which it was made."""
    return re.sub(r'name="csrf_token"[^>]*', "", page)


def test_the_hearing_compares_with_what_was_submitted(enter: Enter) -> None:
    made = make_application(Status.HEARING)
    url = f"/cases/{made.case_id}/hearing"
    before = without_token(enter(made, "manager").get(url).text)
    answers.save(made.cast.manager, made.case_id, "P.1", AnswerData(points=1, narratives={"P.1.a": NEW}))
    assert without_token(enter(made, "manager").get(url).text) == before


def test_the_manager_offers_what_was_ticked(enter: Enter) -> None:
    made = make_audit()
    write(made)
    write(made, "P.2")
    client = enter(made, "manager")
    url = f"/cases/{made.case_id}/difference"
    sent = client.post(url, data=offer_form(made))
    assert (sent.status_code, sent.location) == (303, f"/cases/{made.case_id}/supplements")
    (found,) = queries.supplements_of(made.application)
    assert ([one.criterion for one in found.items], found.note) == (["P.1"], NOTE)
    page = client.get(url).text
    assert "waits for the lead auditor" in page and 'name="note"' in page
    assert re.findall(r'name="criteria"[^>]*value="([^"]+)"', page) == ["P.2"]
    assert "Supplement no. 1" in client.get(f"/cases/{made.case_id}/supplements").text


@pytest.mark.parametrize(
    ("fields", "code", "said"),
    [
        ({"note": " "}, 422, "Fill in this field."),
        ({"note": "a\x00b"}, 422, "This text holds characters"),
        ({"criteria": "X.9"}, 422, "There is no such criterion in this standard."),
        ({"criteria": "P.2"}, 422, "does not differ from what the auditors see"),
        ({"version": "1"}, 409, "Somebody changed this case in the meantime."),
    ],
)
def test_a_refused_offer_keeps_its_text(enter: Enter, fields: dict[str, str], code: int, said: str) -> None:
    made = make_audit()
    write(made)
    page = enter(made, "manager").post(f"/cases/{made.case_id}/difference", data=offer_form(made, **fields))
    assert page.status_code == code
    assert said in page.text
    if "note" not in fields:
        assert NOTE in page.text
    assert ('checked><label for="offer-P-1"' in page.text) == ("criteria" not in fields)
    assert queries.supplements_of(made.application) == []


def test_too_late_is_said_and_the_copy_stays_open(enter: Enter) -> None:
    made = make_application(Status.AUDIT)
    write(made)
    client = enter(made, "manager")
    url = f"/cases/{made.case_id}/difference"
    page = client.get(url).text
    assert "An auditor has handed in the sheet" in page and "uchwale." in page
    assert 'name="criteria"' not in page
    refused = client.post(url, data=offer_form(made))
    assert refused.status_code == 409 and "An auditor has handed in the sheet" in refused.text


def test_the_lead_auditor_answers_each_change(enter: Enter) -> None:
    made = offered()
    number = first_item(made)
    url = f"/cases/{made.case_id}/supplements"
    lead = enter(made, "lead")
    page = lead.get(url).text
    assert NOTE in page and "uchwale." in page and f'name="item{number}-accepted"' in page
    assert "Answer the offered changes" in lead.get("/audits").text
    assert "uchwale." not in lead.get(f"/cases/{made.case_id}/scoring/P").text
    start = f"item{number}-"
    for form, said in (
        ({}, "Choose one of the offered values."),
        ({f"{start}accepted": "maybe", f"{start}reason": NOTE}, "Choose one of the offered values."),
        ({f"{start}accepted": "no", f"{start}reason": " "}, "Fill in this field."),
        ({f"{start}accepted": "yes", f"{start}reason": "a\x00b"}, "This text holds characters"),
    ):
        refused = lead.post(f"{url}/{number}", data=form)
        assert (refused.status_code, said in refused.text) == (422, True), form
    assert lead.post(f"{url}/999", data={"item999-accepted": "yes"}).status_code == 404
    audits.score(made.cast.auditors[0], made.case_id, "P.1", points=3)
    sent = lead.post(f"{url}/{number}", data={f"{start}accepted": "yes", f"{start}reason": ""})
    assert (sent.status_code, sent.location) == (303, f"{url}#item-{number}")
    scoring = lead.get(f"/cases/{made.case_id}/scoring/P").text
    assert "uchwale." in scoring and "Changed by supplement no. 1" in scoring
    assert "Your score is older than this change." in scoring
    assert lead.post(f"{url}/{number}", data={f"{start}accepted": "yes"}).status_code == 409
    submission = enter(made, "coordinator").get(f"/cases/{made.case_id}/submission").text
    assert "uchwale." in submission and "Supplement no. 1" in submission


def test_the_second_auditor_and_the_centre_read_the_answers(enter: Enter) -> None:
    made = offered()
    number = first_item(made)
    url = f"/cases/{made.case_id}/supplements"
    for part in ("auditor", "manager", "coordinator"):
        assert f"item{number}-accepted" not in enter(made, part).get(url).text
    assert enter(made, "auditor").post(f"{url}/{number}", data={f"item{number}-accepted": "yes"}).status_code == 403
    supplements.answer(made.cast.auditors[0], made.case_id, number, accepted=False, reason="To bez znaczenia.")
    for part in ("auditor", "editor"):
        page = enter(made, part).get(url).text
        assert "declined" in page and "To bez znaczenia." in page
    difference = enter(made, "manager").get(f"/cases/{made.case_id}/difference").text
    assert "declined" in difference and 'name="criteria"' in difference
    case = enter(made, "manager").get(f"/cases/{made.case_id}").text
    assert f'href="{url}"' in case and "P.1: declined" in case and "Supplement 1: P.1" in case
    assert enter(made, "stranger").get(url).status_code == enter(made, "decider").get(url).status_code == 404
