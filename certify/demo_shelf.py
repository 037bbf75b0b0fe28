"""What stands in the library of a busy centre: several kinds, one piece too old, one revised, one not described."""

import io
from dataclasses import dataclass, field
from datetime import date, timedelta

from PIL import Image, ImageDraw

from certify.workflows.library import PassportData

_MARK = "Dokument pokazowy: ośrodek, osoby i liczby są zmyślone."
_MONTH = timedelta(days=30)
_SKY, _HILL, _FIELD, _RIVER, _TENT = "#dfe9ee", "#8fa77c", "#c9b96a", "#6f97a8", "#b4542a"


@dataclass(frozen=True)
class Piece:
    """A file that comes straight into the library, its passport (None: nobody wrote one yet), and where it is used."""

    filename: str
    content: bytes
    passport: PassportData | None = None
    newer: bytes = b""
    criteria: dict[str, str] = field(default_factory=dict)


def _note(*lines: str) -> bytes:
    return ("\n\n".join((*lines, _MARK)) + "\n").encode()


def _picture() -> bytes:
    """A field by the river with tents: drawn, so that nobody is on it."""
    image = Image.new("RGB", (1200, 800), _SKY)
    draw = ImageDraw.Draw(image)
    draw.polygon([(0, 430), (320, 300), (700, 400), (1200, 280), (1200, 800), (0, 800)], fill=_HILL)
    draw.rectangle((0, 500, 1200, 800), fill=_FIELD)
    draw.polygon([(0, 640), (480, 570), (1200, 660), (1200, 740), (420, 650), (0, 730)], fill=_RIVER)
    for left in (180, 470, 760):
        draw.polygon([(left, 540), (left + 90, 430), (left + 180, 540)], fill=_TENT)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


_SURVEY = (
    "pytanie;tak;nie;trudno powiedziec\n"
    "Czy znasz kogos, kto pomoze w naglej potrzebie;61;22;9\n"
    "Czy wiesz, gdzie spotykaja sie mieszkancy;48;35;9\n"
    "Czy w ostatnim roku zrobiliscie cos razem z sasiadami;37;46;9\n"
)
_MINUTES = (
    "PROTOKÓŁ ZEBRANIA GRUPY „NASZE PODWÓRKO”",
    "Obecnych 17 osób. Zebranie zwołali i prowadzili mieszkańcy, organizatorka była gościem.",
    "Ustalono: sprzątanie podwórza w sobotę, wniosek o ławkę, dyżury przy huśtawce.",
)


def note_to_supplement(criterion_id: str, today: date) -> bytes:
    """What a centre encloses when it is asked for more on a criterion."""
    return _note(
        f"NOTATKA DO UZUPEŁNIENIA, KRYTERIUM {criterion_id}",
        f"Sporządzona {today:%d.%m.%Y} przez zespół OSL po prośbie o uzupełnienie.",
        "Zawiera strony, o które proszono, i wskazuje, od kiedy obowiązują.",
    )


def _about_nobody(
    title: str, kind: str, author: str, proves: str, begins: date, ends: date | None, until: date | None = None
) -> PassportData:
    """The passport of a piece in which nobody is named or seen."""
    return PassportData(
        title, kind, author, proves, begins, ends, until, names_people=False, shows_pesel=False, shows_faces=False
    )


def pieces(today: date) -> tuple[Piece, ...]:
    """The shelf as it is on that day; the same day gives the same bytes."""
    return (_picnic(today), _agreement(today), _old_survey(today), _meeting(today), _attendance())


def _picnic(today: date) -> Piece:
    day = today - 3 * _MONTH
    proves = "Mieszkańcy sami przygotowali i poprowadzili piknik; ośrodek użyczył namiotów."
    title, author = "Piknik sąsiedzki nad Nidką", "grupa „Nasze Podwórko”"
    passport = _about_nobody(title, "photo_film", author, proves, day, day)
    return Piece(f"{title}.jpg", _picture(), passport, criteria={"O5.6": ""})


def _agreement(today: date) -> Piece:
    content = _note(
        "POROZUMIENIE O WSPÓLNYM MIEJSCU SPOTKAŃ",
        "Biblioteka użycza sali we wtorki i czwartki do godziny 20. Klucz mają trzy osoby z grupy mieszkańców.",
        "Strony spotykają się co pół roku i sprawdzają, co zmienić.",
    )
    passport = _about_nobody(
        "Porozumienie z biblioteką o sali",
        "agreement",
        "dyrekcja biblioteki i ośrodek",
        "Stałe miejsce spotkań po południu, z podziałem odpowiedzialności.",
        today - 10 * _MONTH,
        None,
        today + 14 * _MONTH,
    )
    return Piece("Porozumienie z biblioteką.txt", content, passport, criteria={"O1.4": "", "O6.1": "1"})


def _old_survey(today: date) -> Piece:
    passport = _about_nobody(
        "Ankieta wśród mieszkańców",
        "survey_data",
        "zespół OSL",
        "Z czym mieszkańcy przychodzą i kogo znają w okolicy.",
        today - 34 * _MONTH,
        today - 31 * _MONTH,
    )
    return Piece("Ankieta wśród mieszkańców.csv", _SURVEY.encode(), passport, criteria={"O4.2": "", "O7.1": ""})


def _meeting(today: date) -> Piece:
    """A piece with a newer file, in which people are named who agreed to it."""
    day = today - 2 * _MONTH
    passport = PassportData(
        title="Protokół zebrania grupy „Nasze Podwórko”",
        kind="minutes",
        author="sekretarz grupy",
        proves="Zebranie zwołali i poprowadzili mieszkańcy.",
        period_from=day,
        period_to=day,
        names_people=True,
        shows_pesel=False,
        shows_faces=False,
        has_consent=True,
    )
    newer = _note(*_MINUTES, "Dopisano po zebraniu: wniosek o ławkę przyjęto, ławka stanie w maju.")
    name = "Protokół zebrania – Nasze Podwórko.txt"
    return Piece(name, _note(*_MINUTES), passport, newer, criteria={"O5.1": "", "O5.3": "1"})


def _attendance() -> Piece:
    """A list of names that nobody has described yet: the library asks about the people on it."""
    content = _note("LISTA OBECNOŚCI – WARSZTAT DIAGNOZY", "1. Halina W.\n2. Marek T.\n3. Zofia K.\n4. Jan P.")
    return Piece("Lista obecności – warsztat diagnozy.txt", content)
