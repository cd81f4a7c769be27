"""What an exercise says: a card with a heading, a text, code and a picture, for a notebook and for a plain prompt."""

import base64
import html
import re
from dataclasses import dataclass, field

NOT_ATTEMPTED, WRONG, CORRECT, TASK, HINT = "not attempted", "wrong", "correct", "task", "hint"
_COLOURS = {WRONG: "#D55E00", CORRECT: "#009E73", TASK: "#0072B2", HINT: "#E69F00"}  # Okabe and Ito's


@dataclass(frozen=True)
class Card:
    """state: "not attempted", "wrong", "correct", "task" or "hint"; mistake: which classic one was recognised, or "".

    text may hold `code` in backticks; code is shown as a block; picture is a PNG's bytes and caption its words.
    """

    state: str
    heading: str
    text: str
    mistake: str = ""
    code: str = ""
    picture: bytes = field(default=b"", repr=False)
    caption: str = ""

    def __str__(self):
        return "\n".join(part for part in (f"{self.heading}: {self.text}", self.code, self.caption) if part)

    __repr__ = __str__

    def _repr_html_(self):
        colour = _COLOURS.get(self.state, "#808080")
        parts = [f"<strong>{html.escape(self.heading)}</strong><p style='margin:4px 0'>{_marked(self.text)}</p>"]
        if self.code:
            parts.append(f"<pre style='margin:4px 0'>{html.escape(self.code)}</pre>")
        if self.picture:
            data, words = base64.b64encode(self.picture).decode(), html.escape(self.caption)
            parts.append(f"<img alt='{words}' src='data:image/png;base64,{data}' style='max-width:100%'>")
            parts.append(f"<p style='margin:0'>{words}</p>")
        return f"<div style='border-left:5px solid {colour};padding:2px 12px'>{''.join(parts)}</div>"


def _marked(text):
    """Text escaped for HTML, what stands in backticks as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(text))
