"""Rubric files are read strictly: every fault is told with line, column, path and code, and nothing is guessed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from certify import rubrics
from certify.domain.errors import NotFound
from certify.domain.rubric import Gate, Rubric, Term, Text
from certify.rubric_yaml import MAX_BYTES

DATA = Path(__file__).parent / "data"
SMALL = (DATA / "rubric-small.yaml").read_text(encoding="utf-8")
RUBRICS = Path(__file__).parents[1] / "rubrics"
HERE = "¦"  # marks in a broken text where the fault must be reported


@pytest.fixture(params=["libyaml", "python"])
def scanner(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Runs the test with both scanners of PyYAML: a platform without libyaml must tell the same faults."""
    if request.param == "python":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    elif not yaml.__with_libyaml__:
        pytest.skip("PyYAML was built without libyaml")
    yield


def faults(source: bytes | str) -> list[tuple[int, int, str, str]]:
    with pytest.raises(rubrics.RubricFault) as refused:
        rubrics.read(source, "small.yaml")
    assert refused.value.code == "rubric_invalid"
    return [(fault.line, fault.column, fault.path, fault.code) for fault in refused.value.faults]


def broken(old: str, new: str) -> tuple[str, list[tuple[int, int]]]:
    """The small file with its first `old` changed to `new`, and the marked positions (line, column)."""
    assert old in SMALL
    marked = SMALL.replace(old, new, 1)
    places = []
    while HERE in marked:
        before, _, after = marked.partition(HERE)
        places.append((before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1))
        marked = before + after
    return marked, places


# What is replaced, by what (with the mark at the reported position), the reported path, the code.
BROKEN = [
    # syntax and magic
    ("en: NO", "en: ¦*anchor", "scale.levels[1].title.en", "alias_not_allowed"),
    ("en: NO", "en: ¦&anchor NO", "scale.levels[1].title.en", "anchor_not_allowed"),
    ("en: NO", "en: ¦!!str NO", "scale.levels[1].title.en", "tag_not_allowed"),
    ("en: NO", "en: ¦! NO", "scale.levels[1].title.en", "tag_not_allowed"),
    ("scheme: small", "scheme: ¦!!python/object/apply:os.system [id]", "scheme", "tag_not_allowed"),
    ("scheme: small", "¦<<: {scheme: small}\nscheme: small", "", "merge_not_allowed"),
    ("weight: 60", "weight: 60\n    ¦weight: 60", "areas[0].weight", "duplicate_key"),
    ("scheme: small", "? ¦[a]\n: b\nscheme: small", "", "key_not_text"),
    ("scheme: small", "scheme:¦\tsmall", "", "tab_not_allowed"),
    ("scheme: small", "scheme: sm¦\0all", "", "nul_not_allowed"),
    ("scheme: small", "scheme: sm¦\x1ball", "", "control_character"),
    ("scheme: small", "scheme: sm¦\u2028all", "", "control_character"),
    ("scheme: small", "scheme: sm¦\u202eall", "", "control_character"),
    ("scheme: small", "¦\ufeffscheme: small", "", "control_character"),
    ("scheme: small", "¦%YAML 1.1\n---\nscheme: small", "", "directive_not_allowed"),
    ("outcomes:", "¦---\noutcomes:", "", "too_many_documents"),
    ("scheme: small", "scheme: ¦@small", "scheme", "syntax"),
    # keys and types
    ("  critical: true", "  ¦critcal: true", "areas[0].criteria[0].critcal", "unknown_key"),
    ("scheme: small\n", "¦", "scheme", "missing_key"),
    ("        weight: 2\n", "", "areas[0].criteria[0].weight", "missing_key"),
    ("weight: 60", "weight: ¦[60]", "areas[0].weight", "wrong_type"),
    ("weight: 60", 'weight: ¦"60"', "areas[0].weight", "wrong_type"),
    ('title: {pl: "Mały", en: "Small"}', "title: ¦Mały", "title", "wrong_type"),
    ('[{kind: paper, pl: "Pismo", en: "Letter"}]', "¦{kind: paper}", "areas[0].criteria[0].evidence", "wrong_type"),
    # numbers, words and days that other readers change silently
    ("weight: 60", "weight: ¦060", "areas[0].weight", "bad_number"),
    ("weight: 60", "weight: ¦6e1", "areas[0].weight", "bad_number"),
    ("weight: 60", "weight: ¦60.0", "areas[0].weight", "bad_number"),
    ("weight: 60", "weight: ¦1:00", "areas[0].weight", "bad_number"),
    ("weight: 60", "weight: ¦.nan", "areas[0].weight", "bad_number"),
    ("weight: 60", "weight: ¦-60", "areas[0].weight", "bad_number"),
    ("weight: 60", "weight: ¦9999999999999999999999", "areas[0].weight", "bad_number"),
    ("total: 62.5", "total: ¦100.5", "outcomes[0].gates.total", "bad_number"),
    ("total: 62.5", "total: ¦.inf", "outcomes[0].gates.total", "bad_number"),
    ("area_below: 50", "area_below: ¦1e1", "outcomes[0].conditions.area_below", "bad_number"),
    ("  critical: true", "  critical: ¦yes", "areas[0].criteria[0].critical", "bad_boolean"),
    ("  critical: true", "  critical: ¦True", "areas[0].criteria[0].critical", "bad_boolean"),
    ("2026-03-01", "¦2026-02-30", "date", "bad_date"),
    ("2026-03-01", "¦20260301", "date", "bad_date"),
    ("scheme: small", "scheme: ¦Mały", "scheme", "bad_id"),
    ("- id: A.1\n", "- id: ¦../A\n", "areas[0].criteria[0].id", "bad_id"),
    ('version: "1.0"', "version: ¦latest", "version", "bad_version"),
    # texts
    ('"Mały"', '¦""', "title.pl", "empty_text"),
    ('"Mały"', '¦"' + "x" * 2001 + '"', "title.pl", "too_long"),
    ('"Mały"', '¦"a\\0b"', "title.pl", "control_character"),
    ('"Mały"', '¦"a\\e[31mb"', "title.pl", "control_character"),
    ('{pl: "Mały", en: "Small"}', '¦{pl: "Mały"}', "title.en", "missing_key"),
    # rules
    ("weight: 60", "weight: 59", "areas", "weights_not_100"),
    ("- id: B\n", "- id: ¦A\n", "areas[1].id", "duplicate_id"),
    ("- id: B.1\n", "- id: ¦A.1\n", "areas[1].criteria[0].id", "duplicate_id"),
    ("centre_types:", "terms: ¦[]\ncentre_types:", "terms", "too_few"),
    ("centre_types:", "terms: [¦{id: a, title: {pl: a, en: a}}]\ncentre_types:", "terms[0].text", "missing_key"),
    (
        "centre_types:",
        "terms:\n  - {id: a, title: {pl: a, en: a}, text: {pl: a, en: a}}\n"
        "  - {id: ¦a, title: {pl: a, en: a}, text: {pl: a, en: a}}\ncentre_types:",
        "terms[1].id",
        "duplicate_id",
    ),
    ("id: B.1.a", "id: ¦A.1.a", "areas[1].criteria[0].indicators[0].id", "duplicate_id"),
    ("id: refused", "id: ¦granted", "outcomes[1].id", "duplicate_id"),
    ("{id: NGO", "{id: ¦OPS", "centre_types[1].id", "duplicate_id"),
    (
        "points: 0",
        "points: 0, title: {pl: a, en: b}}\n    - {points: ¦0",
        "scale.levels[1].points",
        "levels_not_ordered",
    ),
    ("met: 1", "met: ¦2", "scale.met", "met_not_on_scale"),
    (
        "[{pl: nie, en: not}, {pl: tak, en: it is}]",
        "¦[{pl: a, en: b}]",
        "areas[0].criteria[0].descriptors",
        "descriptor_count",
    ),
    ("kind: paper", "kind: ¦video", "areas[0].criteria[0].evidence[0].kind", "unknown_kind"),
    ("[NGO]", "[¦ZOO]", "areas[0].criteria[0].applies.unless.centre_type[0]", "unknown_centre_type"),
    ("[OPS]", "[¦ZOO]", "areas[1].criteria[0].critical_for[0]", "unknown_centre_type"),
    ("status: counted", "status: ¦old", "areas[1].criteria[0].status", "unknown_value"),
    ("{A: 50}", "{¦X: 50}", "outcomes[0].gates.area.X", "unknown_area"),
    ("critical: 1,", "critical: ¦7,", "outcomes[0].gates.critical", "points_not_on_scale"),
    ('{"0": 0}', '{¦"7": 0}', "outcomes[0].gates.critical_at_most.7", "points_not_on_scale"),
    ("critical_below: 1", "critical_below: ¦7", "outcomes[0].conditions.critical_below", "points_not_on_scale"),
    ("{total: 62.5, ", "{¦each: 5, ", "outcomes[0].gates.each", "unknown_key"),
    ("{id: refused, ", "¦{id: refused, gates: {total: 5}, ", "outcomes[1]", "no_final_outcome"),
    ("visit: none", "visit: ¦perhaps", "process.visit", "unknown_value"),
    ("audit: 30", "audit: ¦0", "process.days.audit", "bad_number"),
    ("auditors: 2", "auditors: 2\n  evidence_months: ¦0", "process.evidence_months", "bad_number"),
    ("auditors: 2", "auditors: 2\n  evidence_months: ¦121", "process.evidence_months", "bad_number"),
    ("auditors: 2", 'auditors: 2\n  evidence_months: ¦"24"', "process.evidence_months", "wrong_type"),
    ("auditors: 2", "auditors: 2\n  ¦evidence_month: 24", "process.evidence_month", "unknown_key"),
    ("{id: paper,", "{id: paper, months: ¦two,", "evidence_kinds[0].months", "bad_number"),
    ("{id: paper,", "{id: paper, ¦month: 2,", "evidence_kinds[0].month", "unknown_key"),
    (
        "- {id: paper,",
        "- {id: paper, title: {pl: a, en: a}}\n  - {id: ¦paper,",
        "evidence_kinds[1].id",
        "duplicate_id",
    ),
    ("S/{year}/{serial:04}", "{year.__class__}/{serial}", "certificate.number", "bad_number_pattern"),
    ("S/{year}/{serial:04}", "S/{year}", "certificate.number", "bad_number_pattern"),
    ('{text: "000.txt", phrase: "słowa"}', '¦{phrase: "słowa"}', "areas[0].criteria[0].sources[0]", "bad_source"),
    ('text: "000.txt"', 'text: ¦"../000.txt"', "areas[0].criteria[0].sources[0].text", "bad_source"),
    ('"https://example.org/a"', '¦"javascript:alert(1)"', "areas[0].criteria[0].sources[1].address", "bad_address"),
    (
        'sources: [{interpretation: {pl: "Nasze", en: "Ours"}}]',
        "sources: ¦[]",
        "areas[1].criteria[0].sources",
        "too_few",
    ),
    # ids that mislead whoever reads them
    ("- id: B\n", "- id: ¦a\n", "areas[1].id", "id_alike"),
    ("- id: B.1\n", "- id: ¦a.1\n", "areas[1].criteria[0].id", "id_alike"),
    ("- id: B.1\n", "- id: ¦A.2\n", "areas[1].criteria[0].id", "id_of_another"),
    ("- id: B.1\n", "- id: ¦a.1\n", "areas[1].criteria[0].id", "id_of_another"),
    ("{id: B.1.a,", "{id: ¦A.1.b,", "areas[1].criteria[0].indicators[0].id", "id_of_another"),
]


def test_a_published_file_is_judged_by_no_later_rule() -> None:
    source, _ = broken("- id: B.1\n", "- id: a.1\n")
    assert rubrics.read(source, "small.yaml", published=True).areas[1].criteria[0].id == "a.1"


@pytest.mark.usefixtures("scanner")
@pytest.mark.parametrize(("old", "new", "path", "code"), BROKEN, ids=[f"{row[3]}-{row[2]}" for row in BROKEN])
def test_broken_file(old: str, new: str, path: str, code: str) -> None:
    source, places = broken(old, new)
    found = faults(source)
    told = [(line, column) for line, column, *rest in found if rest == [path, code]]
    assert told, found
    if places:
        assert told == places


def test_the_valid_file_is_read_as_it_stands() -> None:
    rubric = rubrics.read(SMALL, "small.yaml")
    first, second = rubric.criteria
    assert rubric.scale.level(1).title == Text("tak", "NO")
    assert [gate for outcome in rubric.outcomes for gate in outcome.gates] == [
        Gate("total", Fraction(125, 2)),
        Gate("area", Fraction(50), "A"),
        Gate("critical", Fraction(1)),
        Gate("critical_at_most", Fraction(0), "0"),
    ]
    assert (first.critical, first.unless, second.critical_for) == (True, ("NGO",), ("OPS",))
    assert (rubric.status, rubric.description, rubric.process.visit) == ("final", Text(""), "none")
    assert rubric.terms == ()


def test_the_words_of_a_standard_are_read_and_written_again() -> None:
    said = 'terms:\n  - {id: map, title: {pl: "mapa", en: "map"}, text: {pl: "Spis.", en: "A list."}}\ncentre_types:'
    rubric = rubrics.read(SMALL.replace("centre_types:", said, 1), "small.yaml")
    assert rubric.terms == (Term("map", Text("mapa", "map"), Text("Spis.", "A list.")),)
    tree = rubrics.to_tree(rubric)
    assert tree["terms"] == [
        {"id": "map", "title": {"pl": "mapa", "en": "map"}, "text": {"pl": "Spis.", "en": "A list."}}
    ]
    # Words explain; a text fix of them changes nothing that moves a score.
    assert rubrics.structure_hash(rubric) == rubrics.structure_hash(rubrics.read(SMALL, "small.yaml"))


def test_windows_line_ends_are_fine() -> None:
    assert rubrics.read(SMALL.replace("\n", "\r\n"), "small.yaml") == rubrics.read(SMALL, "small.yaml")


def test_all_faults_come_at_once_in_the_order_of_the_file() -> None:
    source = SMALL.replace("met: 1", "met: x").replace("weight: 60", "weight: 010").replace("visit: none", "visit: no")
    assert faults(source) == [
        (9, 8, "scale.met", "bad_number"),
        (17, 3, "areas", "weights_not_100"),
        (18, 13, "areas[0].weight", "bad_number"),
        (55, 10, "process.visit", "unknown_value"),
    ]


def test_a_fault_is_one_line_that_an_editor_can_jump_to() -> None:
    with pytest.raises(rubrics.RubricFault) as refused:
        rubrics.read(SMALL.replace("weight: 60", "weight: 06"), "small.yaml")
    first, second = str(refused.value).split("\n")
    assert first == "small.yaml:17:3: areas: weights_not_100: The weights of the areas sum to 41, not to 100."
    assert second == ("small.yaml:18:13: areas[0].weight: bad_number: “06” is not a whole number from 1 to 100.")


@pytest.mark.usefixtures("scanner")
@pytest.mark.parametrize(
    ("source", "place", "code"),
    [
        (b"", (1, 1), "empty"),
        (b"# only a comment\n", (1, 1), "empty"),
        (b"scheme: \xff", (1, 9), "not_utf8"),
        ("scheme: ż\nversion: ".encode() + b"\xc4", (2, 10), "not_utf8"),
        ("scheme: small".encode("utf-16"), (1, 1), "not_utf8"),
        ("a: \ud800", (1, 4), "not_utf8"),
        (b"#" * (MAX_BYTES + 1), (1, 1), "file_too_large"),
        (b"[" * 21, (1, 21), "too_deep"),
        (b"- " * 21, (1, 41), "too_deep"),
        (b"[" * 200_000, (1, 21), "too_deep"),
        (b"{a: " * 60_000, (1, 81), "too_deep"),
        (b"[" + b"a," * 20_000 + b"]", (1, 40_000), "too_many_nodes"),
        (b"- just\n- a list\n", (1, 1), "wrong_type"),
        (b"text", (1, 1), "wrong_type"),
        (b"a: [1", None, "syntax"),
        (b'a: "\\xZZ"', None, "syntax"),
        (b'a: "\\UFFFFFFFF"', None, "syntax"),
        (b"a: b: c", None, "syntax"),
    ],
)
def test_hostile_or_hopeless_bytes(source: bytes | str, place: tuple[int, int] | None, code: str) -> None:
    found = faults(source)
    assert [row[3] for row in found] == [code]
    assert place in (None, found[0][:2])


@pytest.mark.usefixtures("scanner")
def test_an_alias_bomb_is_told_and_never_expanded() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]" for n in range(1, 30)]
    codes = {row[3] for row in faults("\n".join(lines))}
    assert codes == {"alias_not_allowed", "anchor_not_allowed"}


def test_what_a_file_says_cannot_steer_the_terminal() -> None:
    with pytest.raises(rubrics.RubricFault) as refused:
        rubrics.read(
            SMALL.replace("scheme: small", 'scheme: small\n"\\e[31mred": 1\n' + "k" * 500 + ": 1"), "small.yaml"
        )
    told = str(refused.value)
    assert "\\u001b[31mred" in told and "\x1b" not in told
    assert max(map(len, told.split("\n"))) < 250


def test_other_refusals_of_outcomes() -> None:
    no_grant = SMALL.replace("leads_to: granted", "leads_to: refused")
    assert faults(no_grant) == [(46, 3, "outcomes", "no_granted_outcome")]
    no_gates = SMALL.replace('    gates: {total: 62.5, area: {A: 50}, critical: 1, critical_at_most: {"0": 0}}\n', "")
    assert faults(no_gates) == [(46, 5, "outcomes[0]", "unreachable_outcome")]
    empty_gates = SMALL.replace('{total: 62.5, area: {A: 50}, critical: 1, critical_at_most: {"0": 0}}', "{}")
    assert ("outcomes[0].gates", "too_few") in [row[2:] for row in faults(empty_gates)]


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_change_of_bytes_is_read_or_refused_never_a_crash(data: st.DataObject) -> None:
    raw = bytearray(SMALL.encode())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.sampled_from([b"", b"&a ", b"[", b"}", b"\xff", b'"', b": ", b"-", b"9"])
        )
    try:
        assert isinstance(rubrics.read(bytes(raw), "changed.yaml"), Rubric)
    except rubrics.RubricFault as refused:
        assert refused.faults


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=30)


@given(st.lists(WORDS, min_size=2, max_size=2), st.integers(1, 99), st.integers(0, 1_000_000))
@settings(max_examples=40, deadline=None)
def test_the_tree_written_out_is_the_same_rubric(words: list[str], weight: int, share: int) -> None:
    known = rubrics.read(SMALL, "small.yaml")
    first, second = known.areas
    changed = replace(
        known,
        title=Text(*words),
        areas=(replace(first, weight=weight), replace(second, weight=100 - weight)),
        outcomes=(replace(known.outcomes[0], gates=(Gate("total", Fraction(share, 10_000)),)), known.outcomes[1]),
    )
    assert rubrics.read(_written(changed), "written.yaml") == changed


@pytest.mark.parametrize("path", sorted(RUBRICS.glob("*/*.yaml")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_published_files_survive_the_round_trip(path: Path) -> None:
    rubric = rubrics.read_file(path)
    assert rubrics.read(_written(rubric), "written.yaml") == rubric
    assert json.loads(json.dumps(rubrics.to_tree(rubric))) == rubrics.to_tree(rubric)


def _written(rubric: Rubric) -> str:
    """JSON is YAML too, and every text in it stands in quotes."""
    return json.dumps(rubrics.to_tree(rubric), ensure_ascii=False, indent=1)


def test_structure_hash_sees_numbers_and_not_words() -> None:
    known = rubrics.structure_hash(rubrics.read(SMALL, "small.yaml"))
    assert rubrics.structure_hash(rubrics.read(SMALL.replace('"Pytanie"', '"Inne pytanie"'), "a.yaml")) == known
    assert rubrics.structure_hash(rubrics.read(SMALL.replace("weight: 2", "weight: 3"), "a.yaml")) != known
    assert rubrics.structure_hash(rubrics.read(SMALL.replace("total: 62.5", "total: 62"), "a.yaml")) != known
    assert rubrics.content_hash(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_files_are_found_by_scheme_and_version(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "1.0.yaml").write_text(SMALL, encoding="utf-8")
    (folder / "2.0.yaml").write_text(SMALL, encoding="utf-8")
    (folder / "1.0-2.0.map.yaml").write_text("from: 1.0", encoding="utf-8")
    found = {("small", "1.0"): folder / "1.0.yaml", ("small", "2.0"): folder / "2.0.yaml"}
    assert rubrics.available(tmp_path) == found
    assert rubrics.find(tmp_path, "small", "1.0").version == "1.0"
    with pytest.raises(rubrics.RubricFault) as refused:
        rubrics.find(tmp_path, "small", "2.0")
    assert [fault.code for fault in refused.value.faults] == ["name_mismatch"]
    for scheme, version in (("small", "3.0"), ("..", "1.0")):
        with pytest.raises(NotFound) as missing:
            rubrics.find(tmp_path, scheme, version)
        assert missing.value.code == "rubric_not_found"


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(NotFound) as missing:
            rubrics.read_file(path)
        assert missing.value.code == "rubric_not_found"
