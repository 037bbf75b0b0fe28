"""The form on paper through the pages: the empty one is public and printed once, the filled one is the centre's."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from certify import children, kept_prints
from certify.domain.lifecycle import Status
from certify.queries import self_assessment
from certify.workflows import applications, carry_over
from certify.workflows.answers import AnswerData, save
from tests.busy import busy
from tests.factories import make_application, publish
from tests.pages import CheckingClient
from tests.test_pdf_form import text_of

Login = Callable[..., CheckingClient]


def kept(app: Flask) -> list[Path]:
    """The papers that the service keeps."""
    folder = Path(app.config["INSTANCE"]) / kept_prints.FOLDER
    return [path for path in folder.iterdir() if path.suffix != ".lock"]


def test_the_empty_form_is_public_and_printed_once(app: Flask, client: CheckingClient) -> None:
    publish()
    for _ in range(2):
        answer = client.get("/standards/wolontariat/1.0/form.pdf")
        assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
        assert "public" in answer.headers["Cache-Control"]
        answer.close()
    assert len(kept(app)) == 1
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


def test_the_same_copy_is_printed_once_and_a_changed_one_anew(
    app: Flask, client: CheckingClient, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_application()
    login(client, made.people["editor"])
    address = f"/cases/{made.case_id}/self-assessment.pdf"
    first = client.get(address).get_data()
    with busy(app, monkeypatch):
        # Nobody could print it now; it is here, but not for others.
        assert client.get(address).get_data() == first
        login(client, made.people["coordinator"])
        assert client.get(address).status_code == 403
        login(client, made.people["editor"])
        save(made.cast.manager, made.case_id, "P.1", AnswerData(points=5, narratives={"P.1.a": "Inaczej."}))
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Inaczej." in text_of(client.get(address).get_data())
    assert [path.stat().st_mode & 0o777 for path in kept(app)] == [0o600] * 2


def test_what_is_printed_at_one_moment_is_printed_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "PATIENCE", 60.0)
    made: list[int] = []

    def make() -> bytes:
        made.append(1)
        time.sleep(0.2)
        return b"paper"

    def ask() -> None:
        with app.app_context():
            assert kept_prints.kept("page", make) == b"paper"

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_printed_papers_do_not_grow_and_go_when_nobody_asks(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_prints, "MAX_BYTES", 250)
    for number in range(4):
        kept_prints.kept(str(number), lambda: bytes(100))
        for path in kept(app):
            os.utime(path, (time.time() - 100, path.stat().st_mtime - 10))
    assert len(kept(app)) == 2
    assert kept_prints.sweep() == 0
    for path in kept(app):
        os.utime(path, (0, time.time() - kept_prints.MAX_AGE - 60))
    assert kept_prints.sweep() == 2
    assert kept(app) == []


def test_a_full_disk_does_not_stop_printing(app: Flask) -> None:
    (Path(app.config["INSTANCE"]) / kept_prints.FOLDER).mkdir(parents=True)
    (Path(app.config["INSTANCE"]) / kept_prints.FOLDER / kept_prints.named("page")).mkdir()
    assert kept_prints.kept("page", lambda: b"paper") == b"paper"
