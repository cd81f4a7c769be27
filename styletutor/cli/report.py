"""`st.doctor()`: what `styletutor doctor` finds, as a table in a notebook."""

import html

from ..messages import mark, t
from .findings import CHECKS

WORDS = {True: mark("ok"), False: mark("missing"), None: mark("can wait")}


class Report(dict):
    """{what is checked: its Findings}; shows as a table in a notebook and as lines of text elsewhere."""

    @property
    def good(self):
        """Whether the course can run: nothing that it needs is missing."""
        return all(finding.good is not False for findings in self.values() for finding in findings)

    @property
    def verdict(self):
        """One sentence."""
        return t("The course can run.") if self.good else t("The course can't run yet: mend what is missing.")

    def __str__(self):
        lines = [f"{t(title)}:\n" + "\n".join(map(str, findings)) for title, findings in self.items()]
        return "\n".join([*lines, self.verdict])

    __repr__ = __str__

    def _repr_html_(self):
        rows = "".join(_rows(title, findings) for title, findings in self.items())
        return f"<p><b>{self.verdict}</b></p><table style='margin-left:0'>{rows}</table>"


def doctor():
    """Check the set-up as the command `styletutor doctor` does: a Report, whose `good` says whether the course can run.

    Starts TensorFlow once in a process of its own, which takes some seconds. Opens no connection.
    """
    return Report({title: list(check()) for title, check in CHECKS.items()})


def _rows(title, findings):
    left = "style='text-align:left'"
    rows = f"<tr><th colspan='2' {left}>{html.escape(t(title))}</th></tr>"
    for finding in findings:
        mend = f"<br>{t('mend it with')} <code>{html.escape(finding.mend)}</code>" if finding.mend else ""
        word = t(WORDS[finding.good])
        rows += f"<tr><td {left}>{word}</td><td {left}>{html.escape(finding.text)}{mend}</td></tr>"
    return rows
