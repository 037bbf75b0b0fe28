"""Polish alphabetical order as a plain ASCII key, the same in SQLite, PostgreSQL and Python."""

# Each Polish letter follows its base letter and comes before the next one: "{" stands right behind "z" in ASCII.
_LETTERS = str.maketrans(
    {"ą": "a{", "ć": "c{", "ę": "e{", "ł": "l{", "ń": "n{", "ó": "o{", "ś": "s{", "ź": "z{", "ż": "z|"}
)
MAX_KEY = 400


def sort_key(name: str) -> str:
    """A key of at most 400 ASCII characters that orders names as a Polish reader expects, whatever their case."""
    key = name.casefold().translate(_LETTERS)
    return "".join(one for one in key if one.isascii() and (one.isalnum() or one in " {|"))[:MAX_KEY]
