"""`flask certificate verify` on real files: the issued one, changed ones, foreign ones and what is no PDF."""

import hashlib
import io
import json
from pathlib import Path

import pikepdf
import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from certify import storage
from certify.domain.lifecycle import Status
from certify.queries import certificates
from certify.workflows import verification
from certify.workflows.evidence import root
from tests.factories import make_application


@pytest.fixture
def issued(app: Flask) -> tuple[str, bytes]:
    """The number and the bytes of a certificate."""
    made = make_application(at=Status.CERTIFIED)
    certificate = certificates.of_application(made.case_id)
    assert certificate is not None
    assert certificate.pdf_sha256 is not None
    with storage.open_verified(root(), certificate.pdf_sha256) as stream:
        return certificate.number, stream.read()


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


def verify(runner: FlaskCliRunner, path: Path) -> tuple[int, dict[str, object]]:
    shown = runner.invoke(args=["certificate", "verify", str(path), "--json"])
    return shown.exit_code, json.loads(shown.stdout)


def test_the_issued_file_is_genuine(runner: FlaskCliRunner, issued: tuple[str, bytes], tmp_path: Path) -> None:
    number, content = issued
    path = tmp_path / "ładny certyfikat.pdf"
    path.write_bytes(content)
    code, document = verify(runner, path)
    assert (code, document) == (
        0,
        {
            "file": str(path),
            "answer": "genuine",
            "sha256": hashlib.sha256(content).hexdigest(),
            "number": number,
            "holder": document["holder"],
            "status": "valid",
        },
    )
    assert str(document["holder"]).startswith("Ośrodek Pomocy Społecznej nr")


def test_a_number_as_it_is_printed_is_found(runner: FlaskCliRunner, issued: tuple[str, bytes]) -> None:
    shown = runner.invoke(args=["certificate", "find", f"nr {issued[0]}.", "--json"])
    document = json.loads(shown.stdout)
    assert (shown.exit_code, document["answer"], document["number"]) == (0, "registered", issued[0])
    shown = runner.invoke(args=["certificate", "find", f"nr {issued[0]}."])
    assert f"registered: The number stands in the register.\nnumber: {issued[0]}\n" in shown.stdout


def test_an_unknown_number_is_said_to_be_unknown(runner: FlaskCliRunner, app: Flask) -> None:
    shown = runner.invoke(args=["certificate", "find", "OSL/1999/0001"])
    assert (shown.exit_code, shown.stdout.split(":")[0]) == (1, "unknown")
    shown = runner.invoke(args=["certificate", "find", "OSL/1999/0001", "--json"])
    assert json.loads(shown.stdout) == {"answer": "unknown", "number": None, "holder": None, "status": None}


def test_words_for_people(runner: FlaskCliRunner, issued: tuple[str, bytes], tmp_path: Path) -> None:
    path = tmp_path / "certificate.pdf"
    path.write_bytes(issued[1])
    shown = runner.invoke(args=["certificate", "verify", str(path)])
    assert shown.exit_code == 0
    assert shown.stdout.startswith("genuine: ")
    assert f"number: {issued[0]}\n" in shown.stdout


def test_one_more_byte_is_altered(runner: FlaskCliRunner, issued: tuple[str, bytes], tmp_path: Path) -> None:
    path = tmp_path / "certificate.pdf"
    path.write_bytes(issued[1] + b"\n")
    code, document = verify(runner, path)
    assert (code, document["answer"], document["number"]) == (1, "altered", issued[0])


def test_a_changed_byte_is_never_genuine(issued: tuple[str, bytes]) -> None:
    content = issued[1]
    answers = []
    for place in range(20, len(content), len(content) // 40):
        changed = bytearray(content)
        changed[place] ^= 0x20
        answers.append(verification.verify(io.BytesIO(bytes(changed))).answer)
    # A changed byte can also spoil the number itself, and then the file is nobody's.
    assert "genuine" not in answers
    assert answers.count("altered") > len(answers) * 0.8


def test_a_newly_printed_file_with_the_number_is_altered(issued: tuple[str, bytes], app: Flask) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(issued[1])) as document:
        document.save(out, linearize=True)
    assert verification.verify(io.BytesIO(out.getvalue())).answer == "altered"


def test_a_foreign_pdf_is_unknown(
    runner: FlaskCliRunner, issued: tuple[str, bytes], app: Flask, tmp_path: Path
) -> None:
    path = tmp_path / "foreign.pdf"
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(path)
    code, document_ = verify(runner, path)
    assert (code, document_["answer"], document_["number"]) == (1, "unknown", None)


@pytest.mark.parametrize("content", [b"", b"no PDF at all", b"%PDF-1.7\n%%EOF", b"\0" * (10 * 2**20 + 1)])
def test_what_can_not_be_read(runner: FlaskCliRunner, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.pdf"
    path.write_bytes(content)
    code, document = verify(runner, path)
    assert (code, document["answer"]) == (1, "unreadable")


def test_a_missing_file_is_wrong_use(runner: FlaskCliRunner, tmp_path: Path) -> None:
    shown = runner.invoke(args=["certificate", "verify", str(tmp_path / "nothing.pdf")])
    assert shown.exit_code == 2
