"""What a reader's hands and eyes do with a panel in a page: drag, press keys, type, and see whether pictures change."""

import re

from .lab import until

_HASHES = """async element => {
    const seen = [];
    for (const image of element.querySelectorAll("img.widget-image")) {
        try {
            const bytes = await (await fetch(image.src)).arrayBuffer();
            const digest = await crypto.subtle.digest("SHA-256", bytes);
            seen.push(Array.from(new Uint8Array(digest)).join(" "));
        } catch { seen.push(null); }
    }
    return seen; }"""


class Hands:
    """Works a panel, given the locator of its output."""

    def __init__(self, output):
        self.output, self.page = output, output.page

    def pictures(self):
        """A hash of each picture's bytes; None for one that is being exchanged."""
        return self.output.evaluate(_HASHES)

    def alert(self):
        """The text of the alert, or None."""
        alert = self.output.locator("[role=alert]")
        return alert.inner_text() if alert.count() else None

    def status(self):
        """The status line beside the first progress bar below the run's buttons."""
        row = self.output.locator(".widget-hbox", has=self.page.locator("button:text-is('Start')")).last
        return row.locator(".widget-html").first.inner_text()

    def step(self):
        """The number of the step that the status line tells, 0 before the first."""
        found = re.match(r"step (\d+)", self.status())
        return int(found[1]) if found else 0

    def slider(self, label):
        """The slider with this label."""
        exactly = self.page.locator(".widget-label", has_text=re.compile(f"^{re.escape(label)}$"))
        return self.output.locator(".widget-slider", has=exactly)

    def drag(self, label, share):
        """Drag a slider's handle with the mouse to a share of its length."""
        slider = self.slider(label)
        slider.scroll_into_view_if_needed()
        handle, line = slider.locator(".noUi-handle").bounding_box(), slider.locator(".noUi-base").bounding_box()
        y = handle["y"] + handle["height"] / 2
        self.page.mouse.move(handle["x"] + handle["width"] / 2, y)
        self.page.mouse.down()
        self.page.mouse.move(line["x"] + line["width"] * share, y, steps=6)
        self.page.mouse.up()

    def press(self, label, key):
        """Press a key on a slider's handle."""
        self.slider(label).locator(".noUi-handle").focus()
        self.page.keyboard.press(key)

    def type(self, label, text):
        """Type a number beside a slider."""
        self.slider(label).locator(".widget-readout").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def click(self, text):
        """Click the button with this text."""
        self.output.locator(f"button:text-is({text!r})").click()

    def at_rest(self):
        """The pictures' hashes, once none changes and the kernel has nothing to do."""

        def twice_the_same():
            seen = self.pictures()
            self.page.wait_for_timeout(200)
            idle = self.page.evaluate(
                "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
            )
            return idle and None not in seen and self.pictures() == seen and seen

        return until(twice_the_same, "pictures at rest")

    def changes(self, action, *arguments):
        """With everything at rest do it, and wait until a picture has changed."""
        before = self.at_rest()
        action(*arguments)
        until(
            lambda: None not in (seen := self.pictures()) and seen != before,
            f"a new picture after {action.__name__}{arguments}",
        )
