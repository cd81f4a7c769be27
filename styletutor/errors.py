"""The package's exceptions: one base to catch, a kind for each room of the house, and what turns others into them."""

import functools
import inspect

from .messages import t

LONGEST = 400  # characters of an error's text


def shortened(text, most=160):
    """Text in one printable line of at most `most` characters: the middle left out, odd characters as escapes."""
    line = "".join(c if c.isprintable() or c == "\N{NO-BREAK SPACE}" else ascii(c)[1:-1] for c in str(text))
    return line if len(line) <= most else f"{line[: most // 2]} … {line[3 - (most + 1) // 2 :]}"


class StyleTutorError(Exception):
    """Base of every error that styletutor raises on purpose; its text is one line of at most LONGEST characters."""

    def __str__(self):
        return shortened(" ".join(map(str, self.args)), LONGEST)


class SettingsError(StyleTutorError, ValueError):
    """A setting is unknown, out of range or of the wrong kind."""


class ImageError(StyleTutorError, ValueError):
    """A picture can't be read, or an array isn't an image."""


class SaveError(StyleTutorError, OSError):
    """A file can't be written where it was asked for."""


class DownloadError(StyleTutorError, OSError):
    """Bytes could not be fetched, or are not the bytes that were expected."""


class WeightsError(StyleTutorError, OSError):
    """A network's weights are missing, damaged or of another shape."""


class LayerError(StyleTutorError, ValueError):
    """A network has no layer of that name."""


class ClusterError(StyleTutorError, OSError):
    """A Dask cluster can't be started, reached or used."""


class RunError(StyleTutorError, ArithmeticError):
    """An optimisation can't go on: a term of the loss is not finite."""


def refuses(kind):
    """Decorate a public function: whatever a bad argument makes it raise leaves as an error of this kind, cause kept.

    The error names the function and what came. A wrong call itself, with too many or unknown arguments, stays
    Python's own TypeError.
    """

    def decorate(function):
        @functools.wraps(function)
        def guarded(*args, **kwargs):
            try:
                return function(*args, **kwargs)
            except StyleTutorError:
                raise
            except Exception as error:
                given = _described_call(function, args, kwargs)
                if given is None:
                    raise
                cause = shortened(" ".join(str(error).split()) or type(error).__name__, 120)
                name = function.__qualname__.removesuffix(".__init__")
                raise kind(t(
                    "{name} can't work with {given}: {cause}. help({name}) says what it takes.", name=name,
                    given=given, cause=cause,
                )) from error

        return guarded

    return decorate


def _described_call(function, args, kwargs):
    """A call's arguments in one line, or None where they don't fit the function."""
    try:
        arguments = inspect.signature(function).bind(*args, **kwargs).arguments
    except TypeError:
        return None
    given = {name: value for name, value in arguments.items() if name not in ("self", "cls")}
    return shortened(", ".join(f"{name}={_described(value)}" for name, value in given.items()))


def _described(value):
    """An argument in a few words: an array's type and shape, the beginning of anything else."""
    try:
        if hasattr(value, "shape") and hasattr(value, "dtype"):
            return f"{type(value).__name__} {tuple(value.shape)} {value.dtype}"
        return shortened(repr(value), 40)
    except Exception:  # a stranger's object raises what it likes
        return type(value).__name__
