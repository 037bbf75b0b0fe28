"""How soon a password is guessed: zxcvbn with its 30,000 common ones, and the words that a guesser here tries first.

Its lists come from English; Polish words are compared without their marks, as people leave them out in passwords.
"""

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date

from zxcvbn import zxcvbn

# Ten times what zxcvbn asks for its highest score: its lists know no Polish words, so its guesses are too many.
ENOUGH = 10**11
# Its time grows with the square of the length; the rest can only make a password better.
LOOKED_AT = 60
_SHORTEST = 3
_BETWEEN = re.compile(r"[\s._-]+")

# The service, its people and papers.
SERVICE = (
    "certify certyfikat certyfikacja standard ośrodek pomoc społeczna społeczny audytor audyt koordynator samoocena "
    "wniosek opieka gmina urząd miasto usługi osl ops mops gops pcpr cus coordinator auditor assessment certificate"
)
# What Polish people take when a password is asked for.
COMMON = (
    "hasło hasłojest mojehasło tajnehasło nowehasło zmieńhasło twojehasło admin administrator użytkownik login witam "
    "dzieńdobry dobrywieczór kocham kochamcię kochanie misiaczek myszka kotek słoneczko niepamiętam niewiem cokolwiek "
    "polska polskapolska bialoczerwona legia lech wisła widzew matka mama tata babcia dziadek rodzina praca biuro "
    "zaq12wsx zaq1 xsw2 qwerty asdfgh zxcvbn 1qaz 2wsx"
)
PLACES = (
    "białystok bydgoszcz gdańsk gorzów wielkopolski katowice kielce kraków lublin łódź olsztyn opole poznań rzeszów "
    "szczecin toruń warszawa wrocław zielona góra zielonagóra dolnośląskie kujawskopomorskie lubelskie lubuskie "
    "łódzkie małopolskie mazowieckie opolskie podkarpackie podlaskie pomorskie śląskie świętokrzyskie "
    "warmińskomazurskie wielkopolskie zachodniopomorskie"
)
CALENDAR = (
    "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień stycznia lutego "
    "marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia wiosna lato jesień zima "
    "poniedziałek wtorek środa czwartek piątek sobota niedziela wakacje święta"
)

# zxcvbn keeps the words of a call in a place that all threads share.
_one_at_a_time = threading.Lock()


def is_guessable(password: str, words: Iterable[str], today: date) -> bool:
    """True when too few guesses find it. `words`: names and addresses of the person and of the centre."""
    known = [*_inputs((*words, SERVICE, COMMON, PLACES, CALENDAR)), *(str(today.year + years) for years in (-1, 0, 1))]
    known = list(dict.fromkeys(known))
    shown = plain(password)
    # What stands between the words is tried by every guesser; to zxcvbn each such sign is as good as a random one.
    forms = {shown[:LOOKED_AT], _BETWEEN.sub("", shown)[:LOOKED_AT]}
    with _one_at_a_time:
        guesses = [int(zxcvbn(one, known, max_length=LOOKED_AT)["guesses"]) for one in forms if one]
    return min(guesses, default=0) < ENOUGH


def plain(text: str) -> str:
    """The text without the marks of its letters: `Żółć` is `Zolc`."""
    swapped = text.translate(str.maketrans("łŁ", "lL"))
    return "".join(sign for sign in unicodedata.normalize("NFD", swapped) if not unicodedata.combining(sign))


def _inputs(texts: Iterable[str]) -> Iterator[str]:
    """Each text whole, each of its words, and each word without its ending: `warszaw` stands in `Warszawie` too."""
    for text in texts:
        whole = plain(text).lower()
        if len(whole) <= LOOKED_AT:
            yield whole
            yield re.sub(r"[\W_]+", "", whole)
        for word in re.split(r"[\W_]+", whole):
            if len(word) >= _SHORTEST:
                yield word
                yield from (word[:-1],) if len(word) > 5 and word[-1] in "aeiouy" else ()
