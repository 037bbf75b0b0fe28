"""How dates, years and words are set on a certificate."""

import datetime as dt

import pytest

from certify import pdf


@pytest.mark.parametrize(
    ("first", "last", "printed"),
    [
        ((2022, 3, 29), (2027, 3, 28), "2022–2026"),
        ((2026, 1, 1), (2030, 12, 31), "2026–2030"),
        ((2026, 3, 5), (2031, 3, 5), "2026–2030"),
        ((2013, 11, 1), (2016, 10, 31), "2013–2015"),
        ((2026, 1, 1), (2027, 6, 30), "2026–2027"),
        ((2026, 1, 1), (2026, 12, 31), "2026"),
        ((2026, 5, 1), (2026, 6, 1), "2026"),
        ((2024, 2, 29), (2029, 2, 27), "2024–2028"),
    ],
)
def test_years_are_counted_from_the_first(
    first: tuple[int, int, int], last: tuple[int, int, int], printed: str
) -> None:
    assert pdf.years(dt.date(*first), dt.date(*last)) == printed


def test_no_line_ends_on_a_short_word() -> None:
    held = pdf.hold_short_words("Praca w gminie i z ludźmi, o czym nr 7 w Oławie; kto a kto, Z nami.")
    assert held.replace("\u00a0", "_") == "Praca w_gminie i_z_ludźmi, o_czym nr_7 w_Oławie; kto a_kto, Z_nami."


def test_dates_are_written_out_and_do_not_break() -> None:
    assert pdf.long_date(dt.date(2026, 3, 5)) == "5\u00a0marca\u00a02026"
