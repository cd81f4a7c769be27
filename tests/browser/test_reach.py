"""Every panel for every reader: by keyboard alone, with words on each control and picture, on light and dark pages."""

import pytest

from .hands import Hands
from .panels import PANELS

pytestmark = pytest.mark.parametrize("panels", ["python3"], indirect=True)
CONTROLS = ".noUi-handle, select, input, button, .widget-readout"
REACHABLE = f"""output => [...output.querySelectorAll("{CONTROLS}")].filter(element =>
    element.offsetParent && !element.disabled && !element.closest("[disabled]") &&
    element.type !== "file" && element.contentEditable !== "false")"""
CONTRAST = """output => {
    const parse = text => text.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const page = parse(getComputedStyle(document.querySelector(".jp-Notebook")).backgroundColor);
    return [...output.querySelectorAll(".widget-label, .widget-label-basic, .widget-html-content div, pre")]
        .filter(element => element.offsetParent && element.textContent.trim() && !element.closest("[disabled]"))
        .filter(element => !element.closest("table"))
        .map(element => {
            let opacity = 1;
            for (let e = element; e !== output; e = e.parentElement) opacity *= getComputedStyle(e).opacity;
            const ink = parse(getComputedStyle(element).color).slice(0, 3);
            const seen = light(ink.map((v, i) => opacity * v + (1 - opacity) * page[i]));
            const ground = light(page);
            return (Math.max(seen, ground) + 0.05) / (Math.min(seen, ground) + 0.05);
        }); }"""

TOOLTIPS = """import html, re
def tooltips(panel):
    written = [(re.search('title="([^"]*)', c.description), c.tooltip) for c in panel.controls.values()]
    return [html.unescape(found[1]) if found else tooltip for found, tooltip in written]"""


@pytest.fixture(params=PANELS)
def panel(request, panels):
    """(variable of the panel, hands on it)."""
    return request.param.lower(), Hands(panels.cell(1 + list(PANELS).index(request.param)))


def test_tab_reaches_every_control(panel, panels):
    """From the first control on, Tab alone comes to each slider, number, choice, field and button."""
    name, hands = panel
    count = hands.output.evaluate(f"output => ({REACHABLE})(output).length")
    assert count >= len(panels.python(f"[n for n, c in {name}.controls.items() if not c.disabled]"))
    hands.output.evaluate(f"output => ({REACHABLE})(output)[0].focus()")
    for _ in range(2 * count):
        panels.page.evaluate("() => { document.activeElement.dataset.reached = true; }")
        panels.page.keyboard.press("Tab")
    missed = hands.output.evaluate(
        f"output => ({REACHABLE})(output).filter(e => !e.dataset.reached).map(e => e.outerHTML)"
    )
    assert missed == []


def test_each_tooltip_is_in_the_page(panel, panels):
    """What a control's tooltip says stands in a title, of a button, a label, or the words of a label."""
    name, hands = panel
    tooltips = panels.python(f"tooltips({name})", TOOLTIPS)
    titles = hands.output.locator("[title]").evaluate_all("all => all.map(element => element.title)")
    assert len(tooltips) > 2 and set(tooltips) <= set(titles)


def test_each_picture_has_its_caption(panel):
    """Below each picture stand words about it, at least three, which a screen reader finds too."""
    _, hands = panel
    captions = hands.output.locator("img.widget-image:visible").evaluate_all(
        "all => all.map(image => document.getElementById(image.getAttribute('aria-labelledby'))?.innerText || '')"
    )
    assert captions and all(len(caption.split()) >= 3 for caption in captions)


def test_a_handle_is_named(panel):
    """A slider that has the focus has its label as its name for a screen reader."""
    name, hands = panel
    label = next(trial.slider for panel, trial in PANELS.items() if panel.lower() == name)
    hands.slider(label).locator(".noUi-handle").focus()
    assert hands.output.get_by_role("slider", name=label, exact=True).count() == 1


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_words_are_readable_in_both_themes(panels, theme):
    """Labels, captions and numbers have at least the contrast that WCAG asks of text, 4.5 to 1."""
    change = "async theme => { await jupyterapp.commands.execute('apputils:change-theme', {theme}); }"
    panels.page.evaluate(change, f"JupyterLab {theme}")
    panels.page.wait_for_function(f"document.body.dataset.jpThemeLight === '{str(theme == 'Light').lower()}'")
    panels.page.wait_for_timeout(300)
    contrasts = {name: panels.cell(number).evaluate(CONTRAST) for number, name in enumerate(PANELS, 1)}
    panels.page.evaluate(change, "JupyterLab Light")
    assert all(len(seen) > 3 and min(seen) >= 4.5 for seen in contrasts.values()), contrasts
