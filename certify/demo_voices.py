"""What the auditors, the office and the decision makers of the demo write, and what the centres answer them."""

import random

from certify.domain.rubric import Rubric
from certify.domain.scoring import Result, percent
from certify.workflows.reports import ReportData

_LOW = (
    "Opis jest przekonujący, ale dowody pochodzą z jednego wydarzenia; nie widać stałego działania.",
    "Dokument wskazany jako dowód dotyczy innego roku niż oceniany. Na wizycie nie uzupełniono braku.",
    "Rozmowy potwierdziły dobrą wolę, nie potwierdziły regularności. Brak zapisu w dokumentach.",
    "Działanie prowadzi jedna osoba, bez zastępstwa i bez oparcia w regulaminie.",
    "Mieszkańcy, z którymi rozmawialiśmy, o tym nie słyszeli. Sam opis nie wystarcza.",
    "Są pierwsze kroki (notatka, jedno spotkanie), do poziomu „spełnione” brakuje ciągłości.",
    "Część wskaźnika jest spełniona; drugiej części nie dotyczy żaden załączony dowód.",
    "Zapis jest ogólny i nie wskazuje, kto i kiedy odpowiada za działanie.",
)  # fmt: skip
_NONE = (
    "Nie znaleziono ani działań, ani dowodów; potwierdziła to rozmowa z kierownictwem.",
    "Załączony plik nie dotyczy tego kryterium, innych dowodów nie przedstawiono.",
    "W ocenianym okresie działanie nie było prowadzone.",
)  # fmt: skip
_GOOD = (
    "Dowód i rozmowy są zgodne z opisem.",
    "Protokoły z dwóch lat potwierdzają stałość działania.",
    "Mieszkańcy sami opowiedzieli o tym na spotkaniu.",
    "",
    "",
    "",
)  # fmt: skip
_CONSENSUS = (
    "Różnica wynikała z tego, że tylko jedna osoba miała przed sobą protokół z wizyty. Po wspólnej lekturze "
    "przyjmujemy tę ocenę.",
    "Omówiliśmy dowody strona po stronie. Jednorazowe wydarzenie liczymy jako zalążek, stałą praktykę jako spełnienie.",
    "Rozstrzygnęła rozmowa z mieszkańcami: działanie trwa, choć jest słabo udokumentowane. Zalecenie wpisujemy "
    "do raportu.",
    "Przyjmujemy ocenę ostrożniejszą tam, gdzie dowód jest starszy niż 24 miesiące; tu jest nowszy.",
)  # fmt: skip
_STRENGTHS = {
    "O1": "dokumenty gminy mówią o OSL wprost i wskazują wykonawcę",
    "O2": "czas organizatora jest rzeczywiście dostępny dla społeczności",
    "O3": "zespół uczy się regularnie i korzysta z superwizji",
    "O4": "diagnoza powstała z mieszkańcami i wróciła do nich w prostej formie",
    "O5": "grupy mieszkańców prowadzą własne sprawy, a ośrodek umie się cofnąć",
    "O6": "partnerstwo dzieli nie tylko zadania, lecz także ryzyko i środki",
    "O7": "zmianę widać w danych i w wypowiedziach mieszkańców",
    "P": "nowe osoby wiedzą, do kogo się zwrócić",
    "O": "koordynator ma na wolontariat czas i zastępstwo",
    "S": "widać, co zyskują mieszkańcy",
}
_ADVICE = {
    "O1": "wpisać do strategii miernik OSL i termin przeglądu",
    "O2": "wydzielić czas na OSL w zakresach czynności i w grafiku",
    "O3": "zapewnić stałą superwizję i roczny plan uczenia się",
    "O4": "uzupełnić mapę zasobów o ludzi i grupy nieformalne",
    "O5": "oddać grupom zwoływanie spotkań i decyzje o małych środkach",
    "O6": "spisać w porozumieniu podział odpowiedzialności i ryzyka",
    "O7": "ustalić kilka wskaźników i co roku omawiać je z mieszkańcami",
    "P": "spisać wszystkie porozumienia i zasady pierwszego dnia",
    "O": "zapewnić zastępstwo koordynatora i szkolenie wstępne",
    "S": "pytać mieszkańców i wolontariuszy o zdanie co roku",
}
COMMENTS: tuple[tuple[str, str], ...] = (
    ("slip", "W projekcie raportu podano rok uchwały o jeden za wcześnie; właściwa data jest na pierwszej "
    "stronie załącznika."),
    ("omitted", "Raport nie wspomina o partnerstwie ze szkołą, choć porozumienie było w dowodach i mówiła o nim "
    "dyrektorka."),
    ("disputed", "Nie zgadzamy się z oceną zastępstwa: od wiosny dwie osoby mają upoważnienie i wspólny kalendarz."),
)  # fmt: skip
_ANSWERS = (
    (True, "Datę poprawiono. Na ocenę nie wpływa."),
    (True, "Porozumienie dopisano do mocnych stron, ocena kryterium to uwzględnia."),
    (False, "Upoważnienia podpisano po dniu złożenia wniosku. Odnotowujemy je, ocena dotyczy stanu z tego dnia."),
)  # fmt: skip
SUPPLEMENT = (
    "Wniosek jest prawie kompletny. Zostały trzy pytania; każde wskazuje kryteria, których dotyczy. Pozostałych "
    "odpowiedzi nie trzeba zmieniać."
)
REJECTION = (
    "Wniosek złożono w imieniu jednostki, która nie ma jeszcze upoważnienia gminy, a większość kryteriów "
    "opisano jednym "
    "zdaniem. Zachęcamy do ponownego złożenia po uzupełnieniu; dane z tego wniosku można wykorzystać."
)
TIE = "W poprzednim roku superwizja zespołu tego ośrodka należała do moich zadań. Wyłączam się z tej sprawy."
OBJECTION = "Ta osoba szkoliła trzy lata temu naszą poprzednią kierowniczkę i może mieć o ośrodku wyrobione zdanie."
OVERRULED = (
    "Od szkolenia minęły ponad dwa lata, a dotyczyło osoby, która już nie pracuje. Więzi, o której mówi zasada, nie ma."
)
MINUTES = (
    "Wizyta trwała od 9.30 do 15.00. Rozmowy: kierownictwo, organizatorka, czworo pracowników, {n} mieszkańców "
    "z trzech grup, "
    "dwoje partnerów. Obejrzano miejsce spotkań i tablicę ogłoszeń. Sprawdzono oryginały dokumentów wskazanych "
    "we wniosku. "
    "Ustalenia odczytano na koniec, ośrodek nie wniósł uwag do przebiegu."
)
GROUNDS = (
    "Decyzja pomija dowody złożone w uzupełnieniu, w szczególności protokoły spotkań grup i porozumienie partnerskie. "
    "Kryterium krytyczne oceniono na podstawie dokumentu sprzed zmiany statutu. Wnosimy o ponowne rozpatrzenie."
)
UPHELD = (
    "Zespół odwoławczy uznał, że protokoły złożone w terminie nie zostały omówione w uzasadnieniu. Sprawa "
    "wraca do decyzji w innym składzie."
)
DISMISSED = (
    "Zespół odwoławczy sprawdził wskazane dowody: dotyczą okresu po złożeniu wniosku. Odmowa pozostaje "
    "w mocy, a ośrodek może wystąpić ponownie."
)
CONFIRMED = "Sprawdzono dokumenty i rozmawiano z organizatorką: oba warunki są spełnione."
CONDITION_REPORTS = (
    "Uchwała o zmianie została podjęta na ostatniej sesji, tekst jednolity jest w BIP; załączyliśmy wyciąg do "
    "teczki dowodów.",
    "Zakresy czynności podpisano ze wszystkimi pracownikami zespołu, a grafik uwzględnia dwa dni w terenie.",
)  # fmt: skip


def reason(chance: random.Random, points: int, lowest: int, met: int) -> str:
    """Why an auditor gave these points; may be empty from "met" upwards."""
    if points >= met:
        return chance.choice(_GOOD)
    return chance.choice(_NONE if points == lowest else _LOW)


def consensus(chance: random.Random) -> str:
    """What the auditors noted when they agreed."""
    return chance.choice(_CONSENSUS)


def _total(result: Result) -> str:
    return percent(result.total).replace(".", ",") if result.total is not None else "–"


def _by_strength(result: Result) -> list[str]:
    rated = {area: value for area, value in result.areas.items() if value is not None}
    return sorted(rated, key=lambda area: rated[area], reverse=True)


def report(name: str, result: Result, *, final: bool) -> ReportData:
    """The auditors' report: what the numbers and the visit say."""
    areas = _by_strength(result)
    half = min(3, len(areas) // 2)
    summary = (
        f"{name}: zespół ocenił wszystkie kryteria standardu na podstawie wniosku, dowodów i wizyty. Wynik łączny to "
        f"{_total(result)} %. Najwyżej oceniono obszar {areas[0]}, najniżej obszar {areas[-1]}. Opis we wniosku "
        f"jest rzetelny, "
        "a różnice między samooceną a oceną audytorów wynikają głównie z dowodów starszych niż 24 miesiące."
    )
    if final:
        summary += " Uwagi ośrodka do projektu raportu rozpatrzono; odpowiedzi są częścią raportu."
    strengths = "\n".join(f"– {_STRENGTHS[area]} (obszar {area});" for area in areas[:half])
    advice = "\n".join(f"– {_ADVICE[area]} (obszar {area});" for area in areas[-half:])
    return ReportData(summary, strengths, advice)


def answer(kind: str) -> tuple[bool, str]:
    """The lead auditor's answer to a comment of that kind: accepted or not, and why."""
    return dict(zip((one for one, _ in COMMENTS), _ANSWERS, strict=True))[kind]


def reasons(leads_to: str, result: Result) -> str:
    """The reasons of a decision."""
    total = _total(result)
    if leads_to == "granted":
        return (
            f"Raport potwierdza spełnienie progów: wynik łączny {total} %, wszystkie kryteria krytyczne co "
            f"najmniej na poziomie "
            "wymaganym. Uwagi ośrodka rozpatrzono. Komisja nie znalazła powodu, by odstąpić od wyniku."
        )
    if leads_to == "conditional":
        return (
            f"Wynik łączny {total} % przekracza próg warunkowy, a słabe punkty dają się usunąć w wyznaczonym "
            f"czasie. Metoda jest "
            "stosowana, brakuje zapisów w dokumentach. Certyfikat zostanie wydany po spełnieniu warunków."
        )
    return (
        f"Wynik łączny wynosi {total} %. Co najmniej jedno kryterium krytyczne nie osiąga wymaganego poziomu, a "
        f"jego spełnienia nie "
        "da się oczekiwać w terminie warunków. Raport wskazuje, od czego zacząć; ponowny wniosek jest możliwy w "
        "każdej chwili."
    )


DEPARTURE = "Komisja ocenia wagę dowodów inaczej niż wynik liczbowy; decydują ustalenia z wizyty opisane w raporcie."


def condition(rubric: Rubric, criterion_id: str) -> str:
    """What has to be mended for a criterion: the description of the level that counts as met."""
    criterion = rubric.criterion(criterion_id)
    met = [level.points for level in rubric.scale.levels].index(rubric.scale.met)
    return f"{criterion.title.pl}: osiągnąć stan „{criterion.descriptors[met].pl.rstrip('.')}” i przesłać dowód."


def area_condition(area: str) -> str:
    """What has to be mended in a whole area."""
    return f"Obszar {area}: {_ADVICE[area]}."
