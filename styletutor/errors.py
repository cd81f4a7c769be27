"""The package's exceptions: one base to catch, and a kind for each room of the house."""


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


class RunError(StyleTutorError, ArithmeticError):
    """An optimisation can't go on: a term of the loss is not finite."""
