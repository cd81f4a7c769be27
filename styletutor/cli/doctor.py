"""`styletutor doctor`: what is installed, where the weights are, what is missing and the command that mends it."""

from ..messages import t
from .findings import CHECKS

SUMMARY = "say what is installed, where the weights are, what is missing and how to mend it"
EPILOG = """\
Each line begins with "ok", with "--" for what the course can do without, or with "!!" for what it needs and lacks; a
line with an arrow is the command that mends it. Takes some ten seconds, because it starts TensorFlow.
Exit code 0: the course can run; 1: something is missing.

With --class it looks at a machine before a class: memory and cores for so many learners, the folders, a kernel really
started, the time of a step, the weights that a shared folder ($STYLETUTOR_CACHE) serves. It tries one connection, for
three seconds, to say whether there is one; none is needed. The last line says whether the machine is ready.
"""


def add_arguments(parser):
    """Declare what `styletutor doctor` understands."""
    parser.add_argument(
        "--class",
        action="store_true",
        dest="classroom",
        help="look at a machine before a class (default: at the set-up alone)",
    )
    parser.add_argument(
        "--learners",
        type=int,
        default=1,
        metavar="N",
        help="with --class: how many learners share this machine (default: %(default)s)",
    )
    parser.add_argument(
        "--dir", metavar="FOLDER", help="with --class: the folder of the lessons (default: as for styletutor lab)"
    )


def run(args):
    """Print the report, a finding at a time. Returns 0 when the course can run, else 1."""
    if args.classroom:
        from . import classroom

        return 1 if classroom.verdict(_print(classroom.checks(args.learners, args.dir))) else 0
    lacks = _print(CHECKS)
    print(t("The course can't run yet; the lines with !! say what it lacks.") if lacks else t("The course can run."))
    return 1 if lacks else 0


def _print(checks):
    """Print what the checks find; gives what is needed and missing."""
    lacks = []
    for title, check in checks.items():
        print(f"{t(title)}:", flush=True)
        for finding in check():
            print(" ", str(finding).replace("\n", "\n  "), flush=True)
            if finding.good is False:
                lacks.append(finding)
    return lacks
