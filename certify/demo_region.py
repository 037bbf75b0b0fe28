"""The invented region of the demo: the valley of the Nidka, its twelve centres, their people and their cases.

No such powiat exists: the TERC codes use a powiat number that is not given out, and the places are made up.
"""

from dataclasses import dataclass

from certify.domain.policy import Role
from certify.workflows.organisations import Gmina

VOIVODESHIP = "26"
OSL = ("osl", "1.0")
VOLUNTEERS = ("wolontariat", "1.0")


@dataclass(frozen=True)
class Centre:
    """A centre; `where` is the town with its preposition, `within` the gmina or powiat: Polish names are inflected."""

    slug: str
    kind: str
    name: str
    city: str
    where: str
    within: str
    council: str
    street: str
    postcode: str
    gminas: tuple[Gmina, ...]
    manager: str
    editor: str
    organiser: str
    units: tuple[str, ...] = ()


def _gmina(number: int, name: str, kind: int) -> Gmina:
    return Gmina(f"{VOIVODESHIP}50{number:02}{kind}", name)


JASNOBOR, WIERZBOGORA = _gmina(1, "Jasnobór", 3), _gmina(2, "Wierzbogóra", 1)
MODRZEWIN, RUMIANKOW = _gmina(3, "Modrzewin", 2), _gmina(4, "Rumianków", 2)
SREBRNOGAJ, DEBOSTAW = _gmina(5, "Srebrnogaj", 3), _gmina(6, "Dębostaw", 3)
CICHOMOST, SZUWAROWO = _gmina(7, "Cichomost", 3), _gmina(8, "Szuwarowo", 2)
LABEDZINY, ZURAWINOW = _gmina(9, "Łabędziny", 2), _gmina(10, "Żurawinów", 2)
CWIKLOWO = _gmina(11, "Ćwikłowo", 1)
ALL_GMINAS = (
    JASNOBOR, WIERZBOGORA, MODRZEWIN, RUMIANKOW, SREBRNOGAJ, DEBOSTAW, CICHOMOST, SZUWAROWO, LABEDZINY, ZURAWINOW,
    CWIKLOWO,
)  # fmt: skip


def _centre(
    slug: str, kind: str, name: str, city: str, where: str, council: str, street: str, postcode: str,
    people: tuple[str, str, str], gminas: tuple[Gmina, ...], within: str = "", units: tuple[str, ...] = (),
) -> Centre:  # fmt: skip
    return Centre(
        slug, kind, f"{name} {where}" if kind != "NGO" else name, city, where, within or f"w gminie {gminas[0].name}",
        f"{council} {where}", street, postcode, gminas, *people, units,
    )  # fmt: skip


_TOWN_AND_GMINA = "Miejsko-Gminny Ośrodek Pomocy Społecznej"
_GMINA = "Gminny Ośrodek Pomocy Społecznej"

CENTRES: tuple[Centre, ...] = (
    _centre("modrzewin", "GOPS", _GMINA, "Modrzewin", "w Modrzewinie", "Rady Gminy", "Modrzewin 41", "28-922",
            ("Danuta Okrasa", "Paweł Żmijan", "Lidia Kopciuch"), (MODRZEWIN,)),
    _centre("jasnobor", "MGOPS", _TOWN_AND_GMINA, "Jasnobór", "w Jasnoborze", "Rady Miejskiej", "ul. Młyńska 12",
            "28-901",
            ("Halina Wroniecka", "Iga Maślanka", "Iwona Sitarska"), (JASNOBOR,), units=("Klub Sąsiedzki „Przystań”",)),
    _centre("wierzbogora", "MOPS", "Miejski Ośrodek Pomocy Społecznej", "Wierzbogóra", "w Wierzbogórze", "Rady Miasta",
            "ul. Garncarska 4", "28-915", ("Bogdan Trzebiński", "Sylwia Łoza", "Renata Ćwikła"), (WIERZBOGORA,),
            units=("Zespół Pracy Socjalnej nr 2",)),
    _centre("rumiankow", "GOPS", _GMINA, "Rumianków", "w Rumiankowie", "Rady Gminy", "ul. Szkolna 3", "28-931",
            ("Grażyna Sękala", "Olga Brzost", "Beata Jurga"), (RUMIANKOW,)),
    _centre("srebrnogaj", "OPS", "Ośrodek Pomocy Społecznej", "Srebrnogaj", "w Srebrnogaju", "Rady Miejskiej",
            "Rynek 7", "28-940", ("Ewa Kłosek", "Tomasz Gładki", "Monika Rzepa"), (SREBRNOGAJ,)),
    _centre("debostaw", "CUS", "Centrum Usług Społecznych", "Dębostaw", "w Dębostawie", "Rady Miejskiej",
            "ul. Dębowa 2", "28-952", ("Zofia Nawałka", "Kinga Dróżdż", "Agata Lisowiec"), (DEBOSTAW,)),
    _centre("cichomost", "MGOPS", _TOWN_AND_GMINA, "Cichomost", "w Cichomoście", "Rady Miejskiej", "ul. Nadrzeczna 18",
            "28-960", ("Ryszard Śliwak", "Elżbieta Mokra", "Alicja Pawlus"), (CICHOMOST,),
            units=("Filia w Zakolu",)),
    _centre("szuwarowo", "GOPS", _GMINA, "Szuwarowo", "w Szuwarowie", "Rady Gminy", "Szuwarowo 8a", "28-964",
            ("Maria Trzcińska", "Justyna Wilga", "Dorota Sitko"), (SZUWAROWO,), units=("Punkt Aktywności w Grobli",)),
    _centre("pcpr", "PCPR", "Powiatowe Centrum Pomocy Rodzinie", "Jasnobór", "w Jasnoborze", "Rady Powiatu",
            "ul. Powiatowa 1", "28-901", ("Wiesław Kruszyna", "Marta Oset", "Anna Bylica"), ALL_GMINAS,
            within="w powiecie nad Nidką"),
    _centre("sasiedzi", "NGO", "Stowarzyszenie „Sąsiedzi znad Nidki”", "Łabędziny", "w Łabędzinach", "Rady Gminy",
            "Łabędziny 5", "28-971", ("Barbara Gąsior", "Michał Perkoz", "Katarzyna Gęśla"), (LABEDZINY,)),
    _centre("zurawinow", "GOPS", _GMINA, "Żurawinów", "w Żurawinowie", "Rady Gminy", "ul. Torfowa 9", "28-978",
            ("Jolanta Bagno", "Adrian Mech", "Teresa Wrzosek"), (ZURAWINOW,)),
    _centre("cwiklowo", "OPS", "Ośrodek Pomocy Społecznej", "Ćwikłowo", "w Ćwikłowie", "Rady Miasta", "ul. Ogrodowa 21",
            "28-985", ("Urszula Pietruszka", "Hubert Koper", "Joanna Lubczyk"), (CWIKLOWO,)),
)  # fmt: skip

# login → name and role; the first of each role is the one that the table of logins shows
OFFICE: dict[str, tuple[str, Role]] = {
    "admin": ("Alina Zamkowa", Role.ADMIN),
    "koordynator": ("Krystyna Mostowska", Role.COORDINATOR),
    "koordynator2": ("Jerzy Brodnicki", Role.COORDINATOR),
    "audytor": ("Wanda Sokolska", Role.AUDITOR),
    "audytor2": ("Adam Zięba", Role.AUDITOR),
    "audytor3": ("Olga Jastrząb", Role.AUDITOR),
    "audytor4": ("Łukasz Czyżyk", Role.AUDITOR),
    "audytor5": ("Irena Kszyk", Role.AUDITOR),
    "decyzja": ("Daria Wagowska", Role.DECISION_MAKER),
    "decyzja2": ("Piotr Rozważny", Role.DECISION_MAKER),
    "decyzja3": ("Helena Pieczęć", Role.DECISION_MAKER),
}
AUDITORS = tuple(login for login, (_, role) in OFFICE.items() if role is Role.AUDITOR)
DECIDERS = tuple(login for login, (_, role) in OFFICE.items() if role is Role.DECISION_MAKER)
COORDINATORS = tuple(login for login, (_, role) in OFFICE.items() if role is Role.COORDINATOR)

# The desk of a centre at work: half of it new, half carried over from the application that was rejected.
_DRAFT = ("create", "fill:0", "carry", "shelve", "rewrite", "share", "talk", "keep", "sign_area")
_FILLED = ("create", "fill:0", "fill:1", "fill:2")
_SENT = (*_FILLED, "submit")
_ACCEPTED = (*_SENT, "accept")
_SUPPLEMENTED = (*_SENT, "ask", "mend", "resubmit")
_APPOINTED = ("appoint:0", "appoint:1", "declare:0", "declare:1")
_TEAM = (*_APPOINTED, "agree_team", "start")
_TIE = ("appoint:0", "appoint:1", "declare:0", "tie:1", "release:1", "appoint:2", "declare:2")
_OBJECTED = (*_APPOINTED, "object:1", "overrule:1", "agree_team", "start")
_SCORED = ("sheet:0", "sheet:1", "visit", "close")
_AGREED = (*_SCORED, "settle:0", "agree")
_SHOWN = ("report", "comment:0")
_HEARD = (*_SHOWN, "comment:1", "end_hearing", "reply:0", "reply:1", "finalise")
_WHOLE = (*_ACCEPTED, *_TEAM, *_AGREED, *_HEARD)


@dataclass(frozen=True)
class Plan:
    """One case: whose, how good, through which stages, and how many days ago the last of them was."""

    centre: str
    path: tuple[str, ...]
    days_ago: int
    profile: str = "good"
    unit: int = 0
    standard: tuple[str, str] = OSL
    divergences: int = 0


PLANS: tuple[Plan, ...] = (
    # Volunteering first: its certificates are years old.
    Plan("sasiedzi", (*_ACCEPTED, *_TEAM, *_SCORED, *_HEARD, "grant", "issue"), 1240, "silver", 0, VOLUNTEERS),
    Plan("debostaw", (*_ACCEPTED, *_TEAM, *_SCORED, *_HEARD, "grant", "issue"), 1050, "gold", 0, VOLUNTEERS),
    Plan("srebrnogaj", (*_ACCEPTED, *_TEAM, *_AGREED, *_HEARD, "grant", "issue"), 75, "bronze", 0, VOLUNTEERS, 1),
    # Statuses that come soon after the start stand first among OSL, so that a small region shows several.
    Plan("jasnobor", (*_WHOLE, "grant", "issue"), 34, "exemplary", divergences=1),
    Plan("wierzbogora", (*_WHOLE, "grant_conditionally", "condition:0", "condition:1", "confirm", "issue"), 6,
         "conditional", divergences=2),
    Plan("modrzewin", (*_SENT, "reject"), 170, "weak"),
    Plan("modrzewin", _DRAFT, 2),
    Plan("rumiankow", _SUPPLEMENTED, 4),
    Plan("srebrnogaj", ("create", "fill:0", "withdraw"), 150, "weak"),
    Plan("srebrnogaj", (*_SENT, "ask", "mend_one"), 4),
    Plan("debostaw", (*_ACCEPTED, *_TIE, "object:2"), 2),
    Plan("cichomost", (*_ACCEPTED, *_OBJECTED, "sheet:0", "half_sheet:1"), 9),
    Plan("szuwarowo", (*_ACCEPTED, *_TEAM, *_SCORED, "settle:1"), 2, divergences=3),
    Plan("pcpr", (*_ACCEPTED, *_TEAM, *_AGREED, *_SHOWN, "comment:1", "end_hearing", "reply:0"), 2, divergences=2),
    Plan("sasiedzi", (*_ACCEPTED, *_TEAM, *_AGREED, *_SHOWN), 4, divergences=1),
    Plan("zurawinow", (*_WHOLE, "refuse", "appeal", "uphold"), 3, "almost", divergences=2),
    Plan("cwiklowo", (*_WHOLE, "grant_conditionally", "condition:0"), 20, "conditional", divergences=1),
    Plan("wierzbogora", (*_SUPPLEMENTED, "accept", *_TEAM, *_AGREED, *_HEARD, "grant"), 2, "good", 1, divergences=1),
    Plan("jasnobor", (*_WHOLE, "refuse", "appeal"), 5, "weak", 1, divergences=2),
    Plan("szuwarowo", (*_WHOLE, "refuse"), 4, "weak", 1, divergences=1),
    # The centre goes on in its own copy while the auditors read the sealed one: two supplements, one change waiting.
    Plan("cichomost", (*_ACCEPTED, *_TEAM, "improve", "offer:0", "weigh:0", "weigh:1", "half_sheet:0", "offer:1"), 3,
         unit=1),
    Plan("cwiklowo", _SENT, 3, "silver", 0, VOLUNTEERS),
    Plan("debostaw", (*_ACCEPTED, *_TEAM, *_SCORED, *_HEARD, "refuse", "appeal", "dismiss"), 12, "weak", 0, VOLUNTEERS),
    Plan("sasiedzi", (*_ACCEPTED, *_TEAM, *_SCORED), 3, "gold", 0, VOLUNTEERS),
)  # fmt: skip
