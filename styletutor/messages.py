"""What the package says to a reader, in the reader's language.

Every message stands in English in the code, inside `t`, `counted` or `mark`; that sentence is its key in
data/es.toml, the table of the Spanish ones. A message that has no translation is shown in English.
The language is STYLETUTOR_LANG, else Spanish where the folder of work is called `es`, as the Spanish lessons' is,
else English. It is decided once, with the first message.
"""

import functools
import os
import re
import string
import tomllib
from pathlib import Path

VARIABLE = "STYLETUTOR_LANG"
LANGUAGES = ("en", "es")
GROUPS = "\N{NO-BREAK SPACE}"  # between thousands in Spanish; decimals keep the point that Python shows

_DATA = Path(__file__).parent / "data"
_language = None


class _Formatter(string.Formatter):
    def format_field(self, value, spec):
        """A value as text, its thousands apart the Spanish way."""
        text = super().format_field(value, spec)
        return text.replace(",", GROUPS) if "," in spec else text


def decide(variables, folder):
    """"en" or "es", from the environment's variables and the folder of work."""
    wanted = variables.get(VARIABLE, "").lower()[:2]
    if wanted in LANGUAGES:
        return wanted
    return "es" if Path(folder).name == "es" else "en"


def language():
    """"en" or "es": the language that messages are shown in."""
    if _language is None:
        use(decide(os.environ, _folder()))
    return _language


def use(chosen):
    """Show messages in this language, "en" or "es", from now on; what is shown already stays as it is."""
    global _language
    _language = chosen


def t(message, /, **values):
    """The message in the reader's language, with `values` in its placeholders, as in str.format.

    Without values the message is taken as it is, braces too.
    """
    if language() == "es":
        message = spanish().get(message, message)
        return _Formatter().vformat(message, (), values) if values else message
    return message.format(**values) if values else message


def counted(one, many, count, /, **values):
    """`t` of the first message where the placeholder {count} is 1, else of the second."""
    return t(one if count == 1 else many, count=count, **values)


def mark(message):
    """The message as it is: says that `t` will be given it later, for constants."""
    return message


def title(text):
    """A picture's title in the reader's language: its parts between commas, each with the number it ends in."""
    parts = (re.fullmatch(r"(.*?)((?: \d+)?)", part, re.DOTALL).groups() for part in text.split(", "))
    return ", ".join(t(words) + number for words, number in parts)


def grouped(number, spec=","):
    """A number in this format, its thousands apart as the language has them; for numbers outside of messages."""
    return t("{number:" + spec + "}", number=number)


def either(names):
    """Names in words, as a choice: "a", "a or b", "a, b or c"."""
    *first, last = names
    return t("{first} or {last}", first=", ".join(first), last=last) if first else last


@functools.cache
def spanish():
    """{English message: Spanish message}, read once."""
    return tomllib.loads((_DATA / "es.toml").read_text(encoding="utf-8"))


def _folder():
    try:
        return os.getcwd()
    except OSError:  # it was removed
        return ""
