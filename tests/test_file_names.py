"""Names of uploaded files: what is cleaned away, what is refused, and that any name comes out as one or the other."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify import filecheck
from certify.domain import errors


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Uchwała nr 5 – żółć.pdf", "Uchwała nr 5 – żółć.pdf"),
        ("z\u0307o\u0301\u0142c\u0301.pdf", "żółć.pdf"),
        ("日本.pdf", "日本.pdf"),
        ("CON.pdf", "CON.pdf"),
        ("fak\u202etxt.exe.pdf", "faktxt.exe.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        ("  dwie   spacje .pdf", "dwie spacje.pdf"),
        ("a" * 300 + ".docx", "a" * 145 + ".docx"),
        ("ą" * 200, "ą" * 150),
        ("skan.pdf.", "skan.pdf"),
        ("skan.pdf . ", "skan.pdf"),
        ("umowa.pdf (1)", "umowa (1).pdf"),
        ("umowa.pdf(12)", "umowa(12).pdf"),
        ("umowa (2).docx", "umowa (2).docx"),
        ("ustawa z 5.03.2026 (1)", "ustawa z 5.03.2026 (1)"),
        ("a." + "b" * 300, ("a." + "b" * 300)[:150]),
    ],
)
def test_names_are_cleaned(raw: str, clean: str) -> None:
    assert filecheck.clean_name(raw) == clean


@pytest.mark.parametrize(
    "raw",
    ["", " ", ".", "..", ".pdf", "...pdf", "a/b.pdf", "C:\\fakepath\\a.pdf", "../a.pdf", "a\x00.pdf", "\u202e.pdf"],
)
def test_bad_names_are_refused(raw: str) -> None:
    with pytest.raises(errors.Invalid) as refusal:
        filecheck.clean_name(raw)
    assert refusal.value.errors == (errors.FieldError("file", "bad_filename"),)


@settings(max_examples=2000, deadline=None)
@given(st.text(max_size=200) | st.text(st.sampled_from("ąż.\u202e\u0301\u200d /\\\x00abcz\ud800")))
def test_any_name_comes_out_clean_or_is_refused(raw: str) -> None:
    try:
        name = filecheck.clean_name(raw)
    except errors.Invalid as refusal:
        assert refusal.errors == (errors.FieldError("file", "bad_filename"),)
        return
    assert 0 < len(name) <= filecheck.NAME_LENGTH
    assert name == unicodedata.normalize("NFC", name) == filecheck.clean_name(name)
    assert not {"/", "\\"} & set(name)
    assert not {unicodedata.category(sign) for sign in name} & {"Cc", "Cf", "Cs"}
    name.encode()
