"""`flask evidence check` on real files: the same words as an upload, and nothing kept."""

import hashlib
import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from certify.workflows import intake
from tests import files
from tests.busy import busy


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


def check(runner: FlaskCliRunner, path: Path, *more: str) -> tuple[int, dict[str, object]]:
    shown = runner.invoke(args=["evidence", "check", str(path), "--json", *more])
    return shown.exit_code, json.loads(shown.stdout)


def save(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_a_busy_machine_says_nothing_of_the_file(
    app: Flask, runner: FlaskCliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with busy(app, monkeypatch):
        code, found = check(runner, save(tmp_path, "a.txt", b"Tekst."))
    assert (code, found["accepted"], found["code"]) == (75, False, "busy")


def test_a_good_file(runner: FlaskCliRunner, tmp_path: Path) -> None:
    content = files.pdf()
    path = save(tmp_path, "uchwała.pdf", content)
    code, said = check(runner, path)
    assert (code, said) == (
        0,
        {
            "file": str(path),
            "accepted": True,
            "code": None,
            "feature": None,
            "detected_type": "pdf",
            "media_type": "application/pdf",
            "sha256": hashlib.sha256(content).hexdigest(),
            "size": len(content),
            "original_sha256": None,
            "original_size": None,
            "warnings": [],
            "scan": None,
        },
    )


def test_a_picture_is_said_to_be_drawn_anew(runner: FlaskCliRunner, tmp_path: Path) -> None:
    content = files.jpg() + files.docx()
    code, said = check(runner, save(tmp_path, "a.jpg", content))
    assert (code, said["accepted"], said["detected_type"]) == (0, True, "jpg")
    assert (said["original_sha256"], said["original_size"]) == (hashlib.sha256(content).hexdigest(), len(content))
    assert said["sha256"] != said["original_sha256"]
    words = runner.invoke(args=["evidence", "check", str(tmp_path / "a.jpg")])
    assert "drawn anew" in words.stdout


@pytest.mark.parametrize(
    ("name", "content", "code", "feature"),
    [
        ("a.exe", b"MZ", "file_type_not_allowed", None),
        ("a.pdf", b"<html><script>", "file_type_mismatch", None),
        ("a.docx", files.archive(files.docx_parts() | {"word/vbaProject.bin": b"x"}), "active_content", "macros"),
        ("pusty.txt", b"", "file_empty", None),
        (".pdf", files.pdf(), "bad_filename", None),
    ],
)
def test_refusals(
    runner: FlaskCliRunner, tmp_path: Path, name: str, content: bytes, code: str, feature: str | None
) -> None:
    exit_code, said = check(runner, save(tmp_path, name, content))
    assert (exit_code, said["accepted"], said["code"], said["feature"]) == (1, False, code, feature)
    words = runner.invoke(args=["evidence", "check", str(tmp_path / name)])
    assert words.exit_code == 1
    assert words.stdout.startswith(f"refused: {code}: ")


def test_too_large(runner: FlaskCliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MAX_FILE", 100)
    assert check(runner, save(tmp_path, "a.txt", b"a" * 100))[0] == 0
    assert check(runner, save(tmp_path, "a.txt", b"a" * 101))[1]["code"] == "file_too_large"


def test_a_name_and_a_warning(runner: FlaskCliRunner, tmp_path: Path) -> None:
    path = save(tmp_path, "received", b"Lista obecnosci, 44051401359")
    assert check(runner, path)[1]["code"] == "file_type_not_allowed"
    assert check(runner, path, "--name", "lista.txt")[1]["warnings"] == ["attendance", "pesel"]
    words = runner.invoke(args=["evidence", "check", str(path), "--name", "lista.txt"])
    assert "warning: looks like it names people (pesel)" in words.stdout


@pytest.mark.parametrize("args", [[], ["/nothing/here.pdf"], ["a", "b"], ["--nothing"]])
def test_wrong_use(runner: FlaskCliRunner, args: list[str]) -> None:
    assert runner.invoke(args=["evidence", "check", *args]).exit_code == 2
