"""Composes what the invented centres write: sentences of `demo_texts.txt`, chosen by indicator, points and chance."""

import functools
import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from certify.domain.rubric import Criterion

_FILE = Path(__file__).with_name("demo_texts.txt")
_MARKS = "+-*~"
_MONTHS = ("w lutym", "w marcu", "w kwietniu", "w maju", "w czerwcu", "we wrześniu", "w październiku", "w listopadzie")
_GROUPS = (
    "grupa „Ogród za Płotem”", "Klub Mam „Kwadrans”", "grupa „Rowerem do Sąsiada”", "Koło Działkowców „Malwa”",
    "grupa „Ławka”", "klub „Złota Jesień nad Rzeką”", "grupa „Nasze Podwórko”", "Rada Młodych „Kładka”",
)  # fmt: skip
_PLACES = (
    "w dawnej remizie", "w świetlicy przy bibliotece", "w sali po sklepie", "w klubie przy parafii",
    "w szkole po lekcjach", "w wiacie nad rzeką", "w domu ludowym",
)  # fmt: skip
_WHERE = (
    "na Starym Młynie", "przy ulicy Tkackiej", "w sołectwie Zakole", "na osiedlu przy cegielni", "w przysiółku Grobla",
    "w blokach po dawnym zakładzie", "na Podgórzu",
)  # fmt: skip
_PARTNERS = (
    "Spółdzielnia Socjalna „Czajka”", "Ludowy Klub Sportowy „Nurt”", "Fundacja „Drugi Brzeg”", "Gminna Biblioteka",
    "Koło Gospodyń „Nidczanki”", "Zespół Szkół nad Nidką", "Piekarnia „U Młynarza”",
)  # fmt: skip
_THEMES = (
    "dojazd do lekarza", "bezpieczna droga do szkoły", "miejsce spotkań dla młodzieży", "samotność osób starszych",
    "zaniedbane podwórze", "opieka nad dziećmi po południu", "brak światła na przystanku",
)  # fmt: skip
_COUNTS = (25, 26, 27, 28, 29, 35, 36, 37, 38, 39, 45, 46, 47, 48)


@functools.cache
def sentences() -> dict[str, dict[str, tuple[str, ...]]]:
    """Id of an indicator or an area → mark → its sentences, as the file has them."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    subject = ""
    for line in _FILE.read_text("utf-8").splitlines():
        if line.startswith("#") or not line:
            continue
        if line[0] in _MARKS and line[1:2] == " ":
            found[subject][line[0]].append(line[2:])
        else:
            subject = line
    return {key: {mark: tuple(texts) for mark, texts in marks.items()} for key, marks in found.items()}


@dataclass(frozen=True)
class Writer:
    """The hand of one centre in one case: it keeps its places, its council and its organiser."""

    where: str
    within: str
    council: str
    organiser: str
    year: int
    seed: int

    def narrative(self, criterion: Criterion, indicator: str, points: int, met: int) -> str:
        """What the centre writes to one indicator for the points that it gives itself."""
        chance = random.Random(f"{self.seed} {indicator}")  # noqa: S311 - a demo wants the same text each time
        own, area = sentences()[indicator], sentences()[criterion.id.partition(".")[0]]
        if points >= met:
            texts = chance.sample(own["+"], k=min(len(own["+"]), chance.choice((1, 1, 2))))
            texts += [chance.choice(area["*"])] if points > met else []
        else:
            texts = [chance.choice(own["-"])]
            texts += [chance.choice(area["~"])] if chance.random() < 0.6 else []
        return self._filled(" ".join(texts), chance)

    def _filled(self, text: str, chance: random.Random) -> str:
        return text.format(
            w=self.where,
            in_gmina=self.within,
            council=self.council,
            org=self.organiser,
            year=self.year,
            prev=self.year - 1,
            n=chance.randrange(6, 20),
            m=chance.choice(_COUNTS),
            nr=f"{chance.choice(('XVIII', 'XXIV', 'XXXI', 'XL'))}/{chance.randrange(101, 290)}/{self.year - 2}",
            month=chance.choice(_MONTHS),
            group=chance.choice(_GROUPS),
            place=chance.choice(_PLACES),
            where=chance.choice(_WHERE),
            partner=chance.choice(_PARTNERS),
            theme=chance.choice(_THEMES),
        )
