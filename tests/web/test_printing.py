"""The form on paper through the pages: the empty one is public and printed once, the filled one is the centre's."""

from collections.abc import Callable

from certify.domain.lifecycle import Status
from certify.queries import self_assessment
from certify.web import printing
from certify.workflows import applications, carry_over
from tests.factories import make_application, publish
from tests.pages import CheckingClient
from tests.test_pdf_form import text_of

Login = Callable[..., CheckingClient]


def test_the_empty_form_is_public_and_printed_once(client: CheckingClient) -> None:
    publish()
    printing._empty.cache_clear()
    for _ in range(2):
        answer = client.get("/standards/wolontariat/1.0/form.pdf")
        assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
        assert "public" in answer.headers["Cache-Control"]
        answer.close()
    assert printing._empty.cache_info().misses == 1
    assert client.get("/standards/wolontariat/9.9/form.pdf").status_code == 404
    assert "form.pdf" in client.get("/standards/wolontariat/1.0").text


def test_the_filled_form_is_for_the_centre(client: CheckingClient, login: Login) -> None:
    made = make_application()
    login(client, made.people["editor"])
    answer = client.get(f"/cases/{made.case_id}/self-assessment.pdf")
    assert answer.headers["Cache-Control"] == "private, no-store"
    text = text_of(answer.get_data())
    assert "OpisdowskaźnikaP.1.a." in text
    assert "".join(made.application.number.split()) in text
    assert "Kopiarobocza" in text
    login(client, made.people["coordinator"])
    assert client.get(f"/cases/{made.case_id}/self-assessment.pdf").status_code == 403


def test_paper_tells_which_answers_nobody_has_confirmed_yet(client: CheckingClient, login: Login) -> None:
    earlier = make_application(Status.REJECTED)
    manager = earlier.actor("manager")
    opened = applications.create(manager, earlier.organisation.units[0].id, "wolontariat", "1.0")
    carry_over.carry_over(manager, opened.id, ["P"])
    carried = [key for key, one in self_assessment.answers_of(opened).items() if one.carried_from_id is not None]
    carry_over.confirm(manager, opened.id, carried[0], version=1)
    login(client, earlier.people["editor"])
    text = text_of(client.get(f"/cases/{opened.id}/self-assessment.pdf").get_data())
    waiting = ",".join(carried[1:])
    assert f"Przeniesionezwcześniejszegowniosku,jeszczeniepotwierdzone:{waiting}" in text
