"""What the centres of the demo write at their own desk, and what the office and the auditors ask and answer there."""

from dataclasses import dataclass

from certify.workflows.supplement_requests import RequestData


@dataclass(frozen=True)
class Asked:
    """One request of the coordinator, and the sentence that the centre adds to each criterion in its supplement."""

    request: RequestData
    mended: dict[str, str]


ROUND = (
    Asked(
        RequestData(
            "missing",
            "W wyciągu ze strategii nie ma stron o OSL. Potrzebne są strony z celem, wykonawcą i miernikiem oraz "
            "numer uchwały.",
            ("O1.1",),
        ),
        {
            "O1.1": "Dołączyliśmy pełny wyciąg: cel jest na stronie 31, wykonawca, termin i mierniki w tabeli "
            "na stronie 34."
        },
    ),
    Asked(
        RequestData(
            "unclear",
            "Opis mówi o pełnym etacie, a zakres czynności o połowie. Ile godzin w tygodniu organizator ma na OSL "
            "i kto go zastępuje?",
            ("O2.1", "O2.2"),
        ),
        {
            "O2.1": "Wyjaśnienie: od marca jest to pełny etat, 40 godzin w tygodniu, z tego co najmniej 20 w terenie. "
            "Połowa etatu wynikała ze starego aneksu.",
            "O2.2": "Zakres czynności poprawiono: wskazuje pełny etat i osobę, która zastępuje organizatora.",
        },
    ),
    Asked(
        RequestData(
            "outdated",
            "Mapa zasobów jest starsza niż 24 miesiące. Potrzebny jest nowszy dowód albo opis tego, co się od tamtej "
            "pory zmieniło.",
            ("O4.3",),
        ),
        {
            "O4.3": "Jesienią przeszliśmy trasę mapy jeszcze raz z dziewięciorgiem mieszkańców: doszły dwie grupy, "
            "jedna zakończyła działanie. Nowa notatka jest w dowodach."
        },
    ),
)

# Three hands write one answer; the last version brings the second back.
VERSIONS = (
    "Zespół OSL tworzą dwie osoby: organizatorka na pełny etat i pracownik socjalny na pół etatu. Schemat "
    "organizacyjny pokazuje zespół obok działu świadczeń, a organizatorka podlega wprost kierowniczce.",
    "Zespół OSL: dwie osoby.",
)
RESTORED = 2
HISTORY_OF = "O2.1"

# criterion → what is said there, by the editor (False) or the manager (True), and whether it is settled
TALK: tuple[tuple[str, bool, str, bool], ...] = (
    ("O1.4", True, "Ile dokładnie wydaliśmy na małe granty? Podaj kwotę z sprawozdania, nie z planu.", True),
    ("O1.4", False, "Poprawione według sprawozdania, strona 2.", False),
    ("O2.1", True, "Schemat organizacyjny zmienia się od stycznia. Dopisz, od kiedy obowiązuje nowy.", False),
    ("O4.2", False, "Przeniosłem opis z poprzedniego wniosku, ale ankieta ma już ponad dwa lata. Robimy nową?", False),
)

# area → whose it is (True: the manager's), and in how many days it should be ready
SHARED: dict[str, tuple[bool, int]] = {"O4": (False, 14), "O5": (False, 28), "O6": (True, 35)}

CARRIED = ("O3", "O4", "O5")
STILL_TRUE = ("O3.3", "O3.4")
SIGNED = "O1"

# What the centre wrote into its own copy while the auditors read the sealed one: criterion → the sentence added.
IMPROVED = {
    "O1.4": "Od tego miesiąca lokal jest czynny także w niedziele; grafik prowadzą mieszkańcy.",
    "O4.2": "Po złożeniu wniosku zebraliśmy jeszcze 38 ankiet od osób, które nie przychodzą na spotkania.",
    "O5.1": "Powstała nowa grupa samopomocowa opiekunów osób z demencją; ma za sobą cztery spotkania.",
    "O7.1": "Kończymy zestawienie zmian za ostatnie pół roku.",
}
OFFERS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("O1.4", "O4.2"), "Dwie zmiany z ostatnich tygodni, obie ze sprawdzalnym dowodem na miejscu."),
    (("O5.1",), "Grupa, o której pisaliśmy jako o planowanej, już działa."),
)
WEIGHED: tuple[tuple[bool, str], ...] = (
    (True, "Sprawdzimy grafik na wizycie."),
    (False, "Ankiety zebrano po dniu złożenia wniosku i nie ma ich wśród dowodów. Oceniamy stan z tego dnia."),
)
