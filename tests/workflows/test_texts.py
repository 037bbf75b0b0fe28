"""The gate of free text: what is counted is what is kept, and the sentence says how much fits."""

import pytest
from flask import Flask
from flask_babel import force_locale

from certify.domain.errors import FieldError, Invalid
from certify.domain.lifecycle import Status
from certify.sentences import fault_sentence
from certify.workflows import answers
from certify.workflows.answers import AnswerData
from certify.workflows.texts import LONG, NOTE, clean, clean_line, fault_of, line
from tests.factories import make_application


def test_line_ends_count_once() -> None:
    lines = ["ą" * 99] * 40
    assert clean("text", "\r\n".join(lines)) == "\n".join(lines)
    assert clean("text", "x" * NOTE + "\r\n  ") == "x" * NOTE
    with pytest.raises(Invalid) as refused:
        clean("text", "\r\n".join([*lines, "za", "dużo"]))
    assert refused.value.errors == (FieldError("text", "too_long"),)
    assert [one.limit for one in refused.value.errors] == [NOTE]


def test_letters_that_grow_when_they_are_written_in_one_form_are_counted_as_they_are_kept() -> None:
    """U+0958 is kept as two signs; a column of 200 must not meet 400."""
    assert clean("title", "\u0958" * 100, limit=200) == "\u0915\u093c" * 100
    assert fault_of("\u0958" * 101, limit=200, required=True) == "too_long"


def test_a_name_stands_on_one_line() -> None:
    assert line(" Klub\x0b „Pod\r\nLipą”\x07  e\u0301 ") == "Klub „Pod Lipą” é"


def test_a_title_stands_on_one_line() -> None:
    assert clean_line("title", " Plan\r\npracy\u200b\u00ad \t2026 ") == "Plan pracy 2026"
    with pytest.raises(Invalid) as refused:
        clean_line("title", "\u200b \u00ad\n")
    assert refused.value.errors == (FieldError("title", "required"),)


@pytest.mark.parametrize(
    ("text", "fault"),
    [("a\0b", "bad_text"), ("\ud800", "bad_text"), ("\x0b \x03\r\n", "required"), ("a\x0bb\x1f", None)],
)
def test_faults(text: str, fault: str | None) -> None:
    assert fault_of(text, limit=10, required=True) == fault


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (FieldError("a", "too_long", 4_000), "This text is too long: at most 4000 characters fit here."),
        (FieldError("a", "too_long"), "This text is too long."),
        (FieldError("a", "required", 4_000), "Fill in this field."),
    ],
)
def test_sentences(app: Flask, fault: FieldError, words: str) -> None:
    with app.test_request_context(), force_locale("en"):
        assert fault_sentence(fault) == words


def test_an_answer_pasted_from_a_presentation_is_saved(app: Flask) -> None:
    made = make_application(Status.DRAFT)
    said = AnswerData(narratives={"P.1.a": "Klub\x0bseniora\r\n\x03i warsztaty"}, reason="a\x0cb\x1f ")
    saved = answers.save(made.actor("editor"), made.case_id, "P.1", said)
    assert (saved.narratives, saved.reason) == ({"P.1.a": "Klub\nseniora\ni warsztaty"}, "a\nb")
    full = AnswerData(narratives={"P.1.a": "\r\n".join(["x" * 99] * 100)})
    assert len(answers.save(made.actor("editor"), made.case_id, "P.1", full).narratives["P.1.a"]) == LONG - 1
    with pytest.raises(Invalid) as refused:
        answers.save(made.actor("editor"), made.case_id, "P.1", AnswerData(reason="x" * (NOTE + 1)))
    assert [(one.field, one.limit) for one in refused.value.errors] == [("reason", NOTE)]
