"""`flask rubric` as an operator meets it: what is printed where, and the exit code."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from certify.cli_rubric import rubric_cli
from certify.queries.rubrics import published
from certify.rubrics import content_hash

SMALL = Path(__file__).parents[1] / "data" / "rubric-small.yaml"
MET = {"centre_type": "OPS", "points": {"A.1": 1, "B.1": 1}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "1.0.yaml").write_bytes(SMALL.read_bytes())
    return tmp_path


class Command:
    """Runs `flask rubric …` in an application that knows nothing but the folder of rubrics."""

    def __init__(self, folder: Path) -> None:
        app = Flask("rubrics")
        app.config["RUBRICS_DIR"] = str(folder)
        app.cli.add_command(rubric_cli)
        self._runner = app.test_cli_runner()

    def __call__(self, *arguments: object, stdin: bytes | str | None = None) -> Result:
        result = self._runner.invoke(args=["rubric", *map(str, arguments)], input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result


@pytest.fixture
def command(folder: Path) -> Command:
    return Command(folder)


def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.yaml"
    text = SMALL.read_text(encoding="utf-8").replace("met: 1", "met: 01").replace("visit: none", "visit: no")
    path.write_text(text, encoding="utf-8")
    return path


class TestLint:
    def test_a_good_file(self, command: Command) -> None:
        result = command("lint", SMALL)
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout == f"{SMALL}: OK: small 1.0: 2 areas, 2 criteria, 1 critical, 2 indicators\n"

    def test_a_good_file_as_json(self, command: Command) -> None:
        shown = json.loads(command("lint", SMALL, "--json").stdout)
        assert len(shown.pop("structure_hash")) == 64
        assert shown == {
            "file": str(SMALL),
            "ok": True,
            "faults": [],
            "scheme": "small",
            "version": "1.0",
            "areas": 2,
            "criteria": 2,
            "critical": 1,
            "indicators": 2,
            "content_hash": content_hash(SMALL.read_bytes()),
        }

    def test_each_fault_on_its_line(self, command: Command, tmp_path: Path) -> None:
        path = broken(tmp_path)
        result = command("lint", path)
        assert result.exit_code == 1
        assert result.stdout.splitlines() == [
            f"{path}:9:8: scale.met: bad_number: “01” is not a whole number from 0 to 1000.",
            f"{path}:55:10: process.visit: unknown_value: “no” is not known here; known: none, optional, required.",
        ]

    def test_faults_as_json(self, command: Command, tmp_path: Path) -> None:
        path = broken(tmp_path)
        result = command("lint", path, "--json")
        shown = json.loads(result.stdout)
        assert (result.exit_code, shown["ok"], shown["file"], shown["code"]) == (1, False, str(path), "rubric_invalid")
        assert shown["faults"][0] == {
            "line": 9,
            "column": 8,
            "path": "scale.met",
            "code": "bad_number",
            "message": "“01” is not a whole number from 0 to 1000.",
        }

    def test_no_such_file(self, command: Command, tmp_path: Path) -> None:
        for path in (tmp_path / "none.yaml", tmp_path):
            result = command("lint", path)
            assert (result.exit_code, result.stdout) == (2, "")


class TestShow:
    def test_the_tree_of_a_published_file(self, command: Command) -> None:
        tree = json.loads(command("show", "small", "1.0", "--json").stdout)
        assert [(area["id"], area["weight"]) for area in tree["areas"]] == [("A", 60), ("B", 40)]
        assert tree["areas"][0]["criteria"][0] == {
            "id": "A.1",
            "weight": 2,
            "critical": True,
            "applies": {"unless": {"centre_type": ["NGO"]}},
            "status": "counted",
            "title": {"pl": "Kryterium", "en": "Criterion"},
            "descriptors": [{"pl": "nie", "en": "not"}, {"pl": "tak", "en": "it is"}],
            "indicators": [{"id": "A.1.a", "pl": "Pytanie", "en": "Question"}],
            "evidence": [{"kind": "paper", "pl": "Pismo", "en": "Letter"}],
            "sources": [
                {"text": "000.txt", "phrase": "słowa"},
                {"address": "https://example.org/a", "note": {"pl": "Strona", "en": "Page"}},
            ],
        }
        assert tree["outcomes"][0]["gates"] == {
            "total": 62.5,
            "area": {"A": 50},
            "critical": 1,
            "critical_at_most": {"0": 0},
        }

    def test_an_unpublished_file(self, command: Command) -> None:
        by_name, by_file = command("show", "small", "1.0", "--json"), command("show", "--file", SMALL, "--json")
        assert (by_file.exit_code, by_file.stdout) == (0, by_name.stdout)

    def test_the_outline(self, command: Command) -> None:
        lines = command("show", "small", "1.0").stdout.splitlines()
        assert lines[:6] == [
            "Small (small 1.0)",
            "2 areas, 2 criteria, 1 critical, 2 indicators",
            "",
            "A (60) First",
            "  A.1 (2) critical Criterion",
            "    A.1.a Question",
        ]
        assert lines[-2:] == [
            "  granted (granted): total 62.5, area.A 50, critical 1, critical_at_most.0 0",
            "  refused (refused): otherwise",
        ]

    def test_a_broken_file(self, command: Command, tmp_path: Path) -> None:
        result = command("show", "--file", broken(tmp_path), "--json")
        assert (result.exit_code, json.loads(result.stdout)["code"]) == (1, "rubric_invalid")

    @pytest.mark.parametrize(
        "arguments",
        [
            ("show", "other", "1.0"),
            ("show", "small", "9.9"),
            ("show", "..", "1.0"),
            ("show", "small"),
            ("show",),
            ("show", "small", "1.0", "--file", SMALL),
            ("show", "--file", "none.yaml"),
            ("score", "small", "1.0"),
            ("score", "small", "1.0", "none.json"),
            ("score", "small", "9.9", "-"),
            ("score", "small", "1.0", "-", "--file", SMALL),
        ],
    )
    def test_wrong_use(self, command: Command, arguments: tuple[object, ...]) -> None:
        result = command(*arguments, stdin="{}")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "Error: " in result.stderr

    def test_unknown_standards_are_answered_with_the_known(self, command: Command) -> None:
        assert "there are: small 1.0." in command("show", "other", "1.0").stderr


class TestScore:
    def test_from_a_file(self, command: Command, tmp_path: Path) -> None:
        path = tmp_path / "answers.json"
        path.write_text(json.dumps(MET), encoding="utf-8")
        result = command("score", "small", "1.0", path, "--json")
        shown = json.loads(result.stdout)
        assert (result.exit_code, list(shown)) == (0, ["outcome", "total", "areas", "failed", "missing", "trace"])
        assert (shown["outcome"], shown["total"], shown["areas"]) == ("granted", "100.0", {"A": "100.0", "B": "100.0"})

    def test_from_standard_input_on_an_unpublished_file(self, command: Command) -> None:
        answers = {"centre_type": "OPS", "points": {"A.1": 0, "B.1": None}}
        shown = json.loads(command("score", "--file", SMALL, "-", "--json", stdin=json.dumps(answers)).stdout)
        assert (shown["outcome"], shown["total"], shown["missing"]) == (None, None, ["B.1"])
        assert shown["areas"] == {"A": "0.0", "B": None}

    def test_not_applicable_with_a_reason(self, command: Command) -> None:
        answers = {"centre_type": "NGO", "points": {}, "not_applicable": {"B.1": "nie prowadzimy"}}
        result = command("score", "small", "1.0", "-", stdin=json.dumps(answers))
        assert (result.exit_code, result.stdout) == (0, "outcome none yet\ntotal -\n  A -\n  B -\n")

    def test_in_words(self, command: Command) -> None:
        answers = {"centre_type": "OPS", "points": {"A.1": 0, "B.1": 1}}
        assert command("score", "small", "1.0", "-", stdin=json.dumps(answers)).stdout.splitlines() == [
            "outcome refused",
            "total 40.0",
            "  A 0.0",
            "  B 100.0",
            "failed: granted.total, granted.area.A, granted.critical, granted.critical_at_most.0",
        ]

    @pytest.mark.parametrize(
        ("document", "errors"),
        [
            ('{"centre_type": "OPS", "points": {"X": 1}}', [("points.X", "criterion_not_found")]),
            ('{"centre_type": "OPS", "points": {"A.1": 2}}', [("points.A.1", "points_off_scale")]),
            ('{"centre_type": "ZOO", "points": {}}', [("centre_type", "centre_type_not_found")]),
            (
                '{"centre_type": "OPS", "points": {}, "not_applicable": {"A.1": "x", "B.1": ""}}',
                [("not_applicable.A.1", "not_applicable_critical"), ("not_applicable.B.1", "not_applicable_critical")],
            ),
            ('{"centre_type": "OPS", "points": {"A.1": true}}', [("points.A.1", "bad_number")]),
            ('{"centre_type": "OPS", "points": {"A.1": "1"}}', [("points.A.1", "bad_number")]),
            ('{"centre_type": "OPS", "points": {"A.1": [1]}}', [("points.A.1", "bad_number")]),
            ('{"centre_type": "OPS", "points": {"A.1": 1.0}}', [("", "bad_number")]),
            ('{"centre_type": "OPS", "points": {"A.1": 1e0}}', [("", "bad_number")]),
            ('{"centre_type": "OPS", "points": {"A.1": NaN}}', [("", "bad_number")]),
            ('{"centre_type": "OPS", "points": {"A.1": -Infinity}}', [("", "bad_number")]),
            ('{"centre_type": "OPS", "points": {"A.1": 9223372036854775808}}', [("", "bad_number")]),
            ('{"centre_type": "OPS", "points": {"A.1": ' + "9" * 5000 + "}}", [("", "bad_number")]),
            ('{"centre_type": "OPS", "points": {"A.1": 1, "A.1": 0}}', [("", "duplicate_key")]),
            ('{"centre_type": "OPS", "points": {}, "note": 1}', [("note", "unknown_field")]),
            ('{"centre_type": "OPS"}', [("points", "missing_field")]),
            ('{"points": {}}', [("centre_type", "missing_field")]),
            ('{"centre_type": null, "points": null}', [("centre_type", "wrong_type"), ("points", "wrong_type")]),
            ('{"centre_type": 5, "points": []}', [("centre_type", "wrong_type"), ("points", "wrong_type")]),
            ('{"centre_type": "OPS", "points": {}, "not_applicable": ["A.1"]}', [("not_applicable", "wrong_type")]),
            ('{"centre_type": "OPS\\u0000", "points": {}}', [("centre_type", "bad_text")]),
            (
                '{"centre_type": "OPS", "points": {}, "not_applicable": {"B.1": "\\ud800"}}',
                [("not_applicable.B.1", "bad_text")],
            ),
            ('{"centre_type": "' + "x" * 41 + '", "points": {}}', [("centre_type", "too_long")]),
            ("[]", [("", "wrong_type")]),
            ("null", [("", "wrong_type")]),
            ("", [("", "malformed_json")]),
            ('{"centre_type": ', [("", "malformed_json")]),
            ("[" * 100_000, [("", "malformed_json")]),
            (b'{"centre_type": "\xff"}', [("", "not_utf8")]),
            (" " * (1024 * 1024 + 1), [("", "file_too_large")]),
        ],
    )
    def test_refused_documents(self, command: Command, document: str | bytes, errors: list[tuple[str, str]]) -> None:
        result = command("score", "small", "1.0", "-", "--json", stdin=document)
        told = [{"field": field, "code": code} for field, code in errors]
        assert (result.exit_code, json.loads(result.stdout)) == (1, {"code": errors[0][1], "errors": told})

    def test_refused_in_words(self, command: Command) -> None:
        answers = {"centre_type": "OPS", "points": {"A.1": 7, "\x1b[31m": 1}}
        result = command("score", "small", "1.0", "-", stdin=json.dumps(answers))
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr == "points.A.1: points_off_scale\npoints.\\u001b[31m: criterion_not_found\n"


class TestPublish:
    """With the real application, because publishing writes to the database."""

    def test_a_version_is_published_once(self, app: Flask, tmp_path: Path) -> None:
        run = app.test_cli_runner().invoke
        first = run(args=["rubric", "publish", str(SMALL), "--json"])
        told = json.loads(first.stdout)
        assert (first.exit_code, told["scheme"], told["version"]) == (0, "small", "1.0")
        assert told["content_hash"] == content_hash(SMALL.read_bytes())
        again = run(args=["rubric", "publish", str(SMALL)])
        assert (again.exit_code, again.stdout) == (
            0,
            f"small 1.0 is published, SHA-256 {told['content_hash']}\n",
        )
        assert [row.content_hash for row in published()] == [told["content_hash"]]

    def test_the_same_version_with_other_words_is_refused(self, app: Flask, tmp_path: Path) -> None:
        run = app.test_cli_runner().invoke
        assert run(args=["rubric", "publish", str(SMALL)]).exit_code == 0
        other = tmp_path / "other.yaml"
        other.write_text(SMALL.read_text(encoding="utf-8").replace("Pytanie", "Inne pytanie"), encoding="utf-8")
        refused = run(args=["rubric", "publish", str(other), "--json"])
        told = {"file": str(other), "code": "rubric_already_published"}
        assert (refused.exit_code, json.loads(refused.stdout)) == (1, told)
        in_words = run(args=["rubric", "publish", str(other)])
        assert (in_words.exit_code, in_words.stdout) == (1, "")
        assert in_words.stderr.startswith(f"{other}: rubric_already_published: ")
        assert [row.content_hash for row in published()] == [content_hash(SMALL.read_bytes())]


def test_publishing_a_broken_file_names_its_faults(app: Flask, tmp_path: Path) -> None:
    result = app.test_cli_runner().invoke(args=["rubric", "publish", str(broken(tmp_path))])
    assert (result.exit_code, result.stdout.count("\n")) == (1, 2)


def test_publishing_no_file_is_wrong_use(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["rubric", "publish", "none.yaml"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: " in result.stderr
