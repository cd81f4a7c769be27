"""The command: styletutor lab | stylize | board | sweep | download | doctor.

Standard output carries results alone; whatever is said to the reader goes to standard error. Exit codes:
0 done, 1 something is missing here (`doctor` says what), 2 bad arguments or input, 130 interrupted by Ctrl-C.
Nothing here imports TensorFlow before a command needs it.
"""

import argparse
import os
import sys

from .. import __version__
from ..errors import LONGEST, StyleTutorError, shortened
from ..messages import t
from . import board, doctor, fetch, lab, stylize, sweep
from .progress import say, silence

_COMMANDS = {"lab": lab, "stylize": stylize, "board": board, "sweep": sweep, "download": fetch, "doctor": doctor}


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line; all that it says is in the reader's language."""

    def add_argument(self, *names, help=None, **options):
        return super().add_argument(*names, help=help and t(help), **options)

    def error(self, message):
        message = shortened(message, LONGEST // 2)
        say(t("{message}; {prog} --help says what can be given", message=message, prog=self.prog))
        self.exit(2)


def main(argv=None):
    """Run the command with these arguments (default: the process's) and return its exit code."""
    _open_streams()
    try:
        args = parser().parse_args(argv)
        code = _COMMANDS[args.command].run(args)
    except SystemExit as stop:  # argparse, after --help, --version or an error
        code = stop.code
    except StyleTutorError as error:
        say(error)
        code = 2
    except ImportError as error:
        say(t("{error}; `styletutor doctor` says what is missing and how to get it", error=error))
        code = 1
    except KeyboardInterrupt:
        say(t("interrupted; no half-written file is left"))
        code = 130
    except BrokenPipeError:  # whoever read our output has left
        code = 0
    return _flush(code)


def parser():
    """The argparse parser of the whole command."""
    argparse._ = t  # argparse has this hook for its own words, and no public one; where they are missing, English
    top = _Parser(
        prog="styletutor",
        description=t("Learn neural style transfer: take the course, or give a photograph the style of a painting."),
        epilog=t("styletutor COMMAND --help says more about a command."),
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"styletutor {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, module in _COMMANDS.items():
        sentence = t(module.SUMMARY)
        sub = commands.add_parser(
            name,
            help=sentence,
            description=f"{sentence[0].upper()}{sentence[1:]}.",
            epilog=t(getattr(module, "EPILOG", "")),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        module.add_arguments(sub)
    return top


def _open_streams():
    """Give closed standard streams the null device, lest the next file that is opened becomes one of them.

    Names that the terminal's encoding lacks are printed as escapes instead of raising.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))
        if hasattr(getattr(sys, name), "reconfigure"):
            getattr(sys, name).reconfigure(errors="backslashreplace")


def _flush(code):
    """Write out what is buffered; a reader that has left is no error, a full disk is."""
    try:
        sys.stdout.flush()
    except OSError as error:
        silence(sys.stdout)
        if not isinstance(error, BrokenPipeError):
            say(t("standard output can't be written: {why}", why=error.strerror))
            return code or 1
    return code
