"""The house rules hold in the whole tree, and each rule is able to fail."""

import json
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from tests import source_rules as rules
from tests import translation_rules
from tests.source_rules import RULES, Module, Rule

ROOT = Path(__file__).resolve().parent.parent
POLISH = ROOT / "certify/translations/pl/LC_MESSAGES/messages.po"
LOCKS = ("requirements.lock", "requirements-dev.lock")
# A lock names packages and hashes; an address or an absolute path in it would be of one machine only.
FOREIGN = re.compile(r"https?:|file:|--[\w-]*index|--find-links|--trusted-host|(?<![\w.])/(?!run\.sh)\w", re.IGNORECASE)

DOC = '"""What it is for."""\n'
LONG_FUNCTION = DOC + "def run() -> None:\n" + "    pass\n" * rules.FUNCTION_LINES

BAD: list[tuple[Rule, str, str, int]] = [
    (rules.says_what_it_is_for, "certify/pdf.py", "import os\n", 1),
    (rules.is_short, "tests/test_pdf.py", DOC + "\n" * rules.FILE_LINES, 401),
    (rules.has_short_functions, "certify/pdf.py", LONG_FUNCTION, 2),
    (rules.is_annotated, "certify/pdf.py", DOC + "def run(name) -> None: ...\n", 2),
    (rules.is_annotated, "certify/pdf.py", DOC + "def run(*names) -> None: ...\n", 2),
    (rules.is_annotated, "certify/pdf.py", DOC + "def run(name: str): ...\n", 2),
    (rules.has_a_telling_file_name, "certify/web/helpers.py", DOC, 1),
    (rules.has_a_telling_file_name, "certify/common/evidence.py", DOC, 1),
    (rules.has_telling_names, "certify/pdf.py", DOC + "def run(n: int) -> None: ...\n", 2),
    (rules.leaves_status_to_step, "certify/workflows/audit.py", DOC + "application.status = 'audit'\n", 2),
    (rules.leaves_status_to_step, "certify/workflows/audit.py", DOC + "case.status, case.at = 'audit', 1\n", 2),
    (rules.leaves_status_to_step, "certify/cli.py", DOC + "setattr(application, 'status', 'audit')\n", 2),
    (rules.leaves_status_to_step, "certify/queries/cases.py", DOC + "update(Case).values(status='audit')\n", 2),
    (rules.leaves_commit_to_transaction, "certify/web/cases.py", DOC + "db.session.commit()\n", 2),
    (rules.reads_no_request, "certify/workflows/audit.py", DOC + "from flask import g, request\n", 2),
    (rules.reads_no_request, "certify/queries/cases.py", DOC + "import flask\nflask.request.args\n", 3),
    (rules.imports_at_the_top, "certify/pdf.py", DOC + "def run() -> None:\n    import pdfkit\n", 3),
    (rules.uses_pdfkit_safely, "certify/pdf.py", DOC + "pdfkit.from_string(html)\n", 2),
    (rules.uses_pdfkit_safely, "certify/pdf.py", DOC + "from pdfkit import from_url\n", 2),
    (rules.keeps_the_domain_pure, "certify/domain/rubric.py", DOC + "import yaml\n", 2),
    (rules.keeps_the_domain_pure, "certify/domain/clock.py", DOC + "from certify import timing\n", 2),
    (rules.leaves_no_text_lying, "certify/pdf.py", DOC + "NAME = 'one '\n'two'\n", 3),
    (rules.leaves_nothing_for_later, "tests/test_pdf.py", DOC + "# TO" + "DO: later\n", 2),
]

GOOD: list[tuple[str, str]] = [
    ("certify/models/__init__.py", ""),
    ("certify/workflows/step.py", DOC + "application.status = 'audit'\n"),
    ("certify/domain/errors.py", DOC + "import math\nfrom certify.domain import rubric\nfrom .rubric import Area\n"),
    (
        "certify/domain/case.py",
        DOC + "class Case:\n    def __init__(self, status: str) -> None:\n        self.status = status\n",
    ),
    ("certify/db.py", DOC + "session.commit()\n"),
    ("certify/web/cases.py", DOC + "from flask import request\n"),
    ("certify/__init__.py", DOC + "def create_app() -> None:\n    from certify import web\n"),
    ("certify/pdf.py", DOC + "pdfkit.from_file(file)\nsorted(names, key=lambda n: n)\n"),
    ("tests/test_pdf.py", DOC + "def test_it(client):\n    import os\n"),
]


@pytest.fixture(scope="module")
def tree() -> list[Module]:
    return rules.modules(ROOT)


def name_of(value: object) -> str | None:
    return getattr(value, "__name__", None)


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_the_whole_tree_keeps(rule: Rule, tree: list[Module]) -> None:
    assert tree
    breaches = [sentence for module in tree for sentence in rule(module)]
    assert not breaches, "\n" + "\n".join(breaches)


@pytest.mark.parametrize(("rule", "path", "text", "line"), BAD, ids=name_of)
def test_each_rule_sees_a_breach(rule: Rule, path: str, text: str, line: int) -> None:
    breaches = list(rule(Module(path, text)))
    assert [breach.rsplit(": ", 1)[0].startswith(f"{path}:{line}") for breach in breaches] == [True]


@pytest.mark.parametrize(("path", "text"), GOOD, ids=[path for path, _ in GOOD])
def test_good_code_breaks_no_rule(path: str, text: str) -> None:
    assert [sentence for rule in RULES for sentence in rule(Module(path, text))] == []


def test_every_rule_has_a_bad_sample() -> None:
    assert {rule for rule, *_ in BAD} == set(RULES)


@pytest.mark.parametrize("name", LOCKS)
def test_locks_name_no_machine_and_hash_everything(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert [line for line in text.splitlines() if FOREIGN.search(line)] == []
    pins = re.split(r"\n(?=[a-z0-9])", re.sub(r"(?m)^ *#.*\n", "", text).strip())
    assert [pin.split()[0] for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://pypi.example/simple",
        "--extra-index-url pypi.example",
        "--find-links wheels",
        "certify @ file:///srv/certify",
        "# via -r /srv/certify/pyproject.toml",
    ],
)
def test_an_address_or_a_path_in_a_lock_is_seen(line: str) -> None:
    assert FOREIGN.search(line)


def test_the_lock_of_node_names_no_host_and_hashes_everything() -> None:
    """Where its packages come from is the installation's business; tests/openapi/.npmrc leaves it out."""
    lock = json.loads((ROOT / "tests/openapi/package-lock.json").read_text("utf-8"))
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert len(packages) > 100
    assert [name for name, one in packages.items() if "resolved" in one or "integrity" not in one] == []
    wanted = json.loads((ROOT / "tests/openapi/package.json").read_text("utf-8"))["dependencies"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted


def test_both_locks_agree() -> None:
    runtime, development = (
        set(re.findall(r"(?m)^([a-z0-9][^ =]*==[^ ]+)", (ROOT / name).read_text("utf-8"))) for name in LOCKS
    )
    assert runtime <= development


def test_polish_is_complete() -> None:
    wanted = translation_rules.texts(ROOT)
    assert len(wanted) > 0
    faults = list(translation_rules.faults(wanted, translation_rules.translations(POLISH)))
    assert not faults, f"\n{len(faults)} texts:\n" + "\n".join(faults)


PLURAL = ("%(num)s case of %(year)s", "%(num)s cases of %(year)s")


@pytest.mark.parametrize(
    ("text", "translation", "fault"),
    [
        ("Save", None, "has no translation"),
        ("Save", "", "has an empty translation"),
        ("Save", "Zapisz", None),
        ("Until %(day)s", "Do %(dzien)s", "has other placeholders in its translation 'Do %(dzien)s'"),
        ("Until %(day)s", "Do %(day)s", None),
        (PLURAL, ("sprawa z %(year)s", "%(num)s sprawy z %(year)s", "%(num)s spraw z %(year)s"), None),
        (PLURAL, ("sprawa z %(year)s", "%(num)s sprawy z %(year)s", ""), "has an empty translation"),
        (
            PLURAL,
            ("sprawa", "sprawy z %(year)s", "spraw z %(year)s"),
            "has other placeholders in its translation 'sprawa'",
        ),
    ],
)
def test_a_missing_or_wrong_translation_is_seen(
    text: str | tuple[str, str], translation: str | tuple[str, ...] | None, fault: str | None
) -> None:
    wanted, given = Catalog(), Catalog(locale="pl")
    wanted.add(text, locations=[("certify/web/cases.py", 7)])
    if translation is not None:
        given.add(text, translation)
    first = text if isinstance(text, str) else text[0]
    expected = [f"certify/web/cases.py:7: {first!r} {fault}"] if fault else []
    assert list(translation_rules.faults(wanted, given)) == expected


def test_an_unconfirmed_translation_is_seen() -> None:
    wanted, given = Catalog(), Catalog(locale="pl")
    wanted.add("Save")
    given.add("Save", "Zapisz", flags=["fuzzy"])
    assert list(translation_rules.faults(wanted, given)) == [
        "?: 'Save' has a translation that nobody confirmed (fuzzy)"
    ]


def test_texts_of_code_and_templates_are_found(tmp_path: Path) -> None:
    (tmp_path / "certify").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "babel.cfg").write_text((ROOT / "babel.cfg").read_text("utf-8"), "utf-8")
    (tmp_path / "certify/sentences.py").write_text('_l("From code.")\nngettext("one", "many", 2)\n', "utf-8")
    (tmp_path / "templates/page.html").write_text(
        '{{ _("From a page.") }}{% trans %}Between tags.{% endtrans %}', "utf-8"
    )
    found = {message.id for message in translation_rules.texts(tmp_path) if message.id}
    assert found == {"From code.", ("one", "many"), "From a page.", "Between tags."}
