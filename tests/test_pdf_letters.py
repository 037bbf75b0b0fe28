"""A sign that no font of the certificate has is named before it is printed as a box for good."""

import dataclasses
import io
from collections.abc import Callable

import pikepdf
import pytest
from flask import Flask

from certify.domain.errors import Invalid
from certify.domain.lifecycle import Status
from certify.pdf import Engine, render_certificate
from certify.pdf_letters import named, unprintable, unprintable_on
from certify.queries import certificates
from certify.workflows import organisations
from certify.workflows.certificates import issue
from certify.workflows.evidence import root
from tests.factories import Made, make_application
from tests.pages import CheckingClient
from tests.test_pdf import FACE, both_engines, text_of

HAVE = "ĄĆĘŁŃÓŚŹŻ ąćęłńóśźż ěščřžýáíé őű äöüß ąčęėįšųūž āēīōū şğı „”–—… §€"


def test_what_the_fonts_have_is_fine() -> None:
    assert unprintable([HAVE, "S\u0301roda", "w\u00a0Łodzi\n"]) == ""
    assert unprintable_on(FACE) == ""


def test_what_they_lack_is_named_once() -> None:
    assert unprintable(["Centrum 🌻 Słonecznik 🌻", "№ 4"]) == "🌻№"
    assert named("🌻№") == "🌻 (U+1F33B), № (U+2116)"
    face = dataclasses.replace(FACE, holder_name="Дім", signatories=(("Prezes", "Ж"),))
    assert unprintable_on(face) == "ДімЖ"


@both_engines
def test_what_one_font_lacks_the_other_prints(engine: Engine) -> None:
    """In every line, and no font of the machine is asked."""
    face = dataclasses.replace(FACE, holder_name=HAVE, unit_name=HAVE, scope=HAVE, issuer_name=HAVE)
    content = render_certificate(face, engine=engine)
    assert set("".join(HAVE.split())) <= set(text_of(content))
    with pikepdf.open(io.BytesIO(content)) as document:
        names = [str(font.BaseFont).rpartition("+")[2] for font in document.pages[0].resources["/Font"].values()]
    assert {name.strip("/")[:7].lower() for name in names} == {"certify", "brygada"}


@pytest.fixture
def made(app: Flask) -> Made:
    found = make_application(Status.GRANTED)
    change = {"name": "Centrum 🌻 Słonecznik"}
    organisations.change(found.actor("coordinator"), found.application.organisation_id, change)
    return found


def files() -> int:
    return sum(1 for one in root().rglob("*") if one.is_file())


def test_issue_names_the_sign_and_leaves_nothing(made: Made) -> None:
    before = files()
    with pytest.raises(Invalid) as refused:
        issue(made.actor("coordinator"), made.case_id)
    assert [(one.code, one.signs) for one in refused.value.errors] == [("letters_not_printable", "🌻 (U+1F33B)")]
    assert (made.application.status, certificates.of_application(made.case_id), files()) == ("granted", None, before)
    change = {"name": "Centrum Słonecznik"}
    organisations.change(made.actor("coordinator"), made.application.organisation_id, change)
    assert issue(made.actor("coordinator"), made.case_id).holder_name == "Centrum Słonecznik"


def test_the_page_tells_it_before_and_when_it_is_tried(
    made: Made, client: CheckingClient, login: Callable[..., CheckingClient]
) -> None:
    login(client, made.people["coordinator"])
    said = "W krojach pisma certyfikatu nie ma tych znaków: 🌻 (U+1F33B)."
    assert said in client.get(f"/cases/{made.case_id}").text
    answer = client.post(f"/cases/{made.case_id}/issue", data={"version": made.application.version})
    assert (answer.status_code, said in answer.text) == (422, True)
    program = client.post(
        f"/cases/{made.case_id}/issue",
        data={"version": made.application.version},
        headers={"Accept": "application/json"},
    )
    assert program.json["errors"][0]["code"] == "letters_not_printable"  # type: ignore[index]
