"""StyleStudio in flight, on both kernels; "within a step" is counted in steps that began, never in time."""

import re

import pytest

from .hands import Hands
from .lab import until
from .panels import PANELS

CELL = 1 + list(PANELS).index("StyleStudio")
SIZE = 448  # pixels: a step takes longer than a message from the page to the kernel
WATCH = """import threading, time
from styletutor import transfer

if not hasattr(transfer, "began"):
    transfer.began, transfer.original = [], transfer.Run.__next__
    def watched(run):
        transfer.began.append((time.time(), run.settings.style_weight))
        return transfer.original(run)
    transfer.Run.__next__ = watched"""
RUNNING = re.compile(r"step \d+ of (\d+) · [\d.e+-]+ steps a second · (.+) left")
THREADS = "[t.name for t in __import__('threading').enumerate() if t.name.startswith('styletutor')]"


@pytest.fixture
def studio(panels):
    """Hands on a studio that is at rest, before a long run; what it does is written down in the kernel."""
    panels.python("None", WATCH)
    hands = Hands(panels.cell(CELL))
    hands.click("Reset")
    panels.python(
        "None", f"stylestudio.controls['max_dim'].value, stylestudio.controls['steps'].value = {SIZE}, 2000"
    )
    panels.page.evaluate("""() => { for (const kind of ["keydown", "click"])
        window.addEventListener(kind, () => { window.pressed = Date.now() / 1000; }, true); }""")
    hands.at_rest()
    yield hands
    hands.click("Stop")
    until(lambda: panels.python(THREADS) == [], "the loop's end")


def begun_since(panels):
    """The style weights of the steps that began after the last key or click in the page."""
    pressed = panels.page.evaluate("window.pressed")
    return panels.python(f"[weight for began, weight in __import__('styletutor').transfer.began if began > {pressed}]")


def start(studio):
    """Press Start and wait for the first step."""
    studio.click("Start")
    until(studio.step, "the first step", 120)


def test_a_narrow_page_has_no_empty_band(panels):
    """The two pictures beside each other are 3 : 2 however wide the page is, whatever the shape of the photograph."""
    places = panels.cell(CELL).locator(".styletutor-photos img")
    for width, name in ((1250, "chelsea"), (900, "chelsea"), (900, "grace_hopper")):
        panels.page.set_viewport_size({"width": width, "height": 900})
        panels.python("None", f"stylestudio.controls['content'].value = {name!r}")
        sizes = places.evaluate_all("all => all.map(image => [image.offsetWidth, image.offsetHeight])")
        assert len(sizes) == 2 and all(abs(2 * wide - 3 * high) <= 3 for wide, high in sizes), sizes
    panels.python("None", "stylestudio.controls['content'].value = 'chelsea'")
    panels.page.set_viewport_size({"width": 1250, "height": 900})
    assert sizes[0][0] < 400


def test_a_weight_acts_within_two_steps(studio, panels):
    """At most one step begins after the key is pressed and before the one that takes the new weight.

    That a step looks at the weights as they are when it begins, however short it is, tests/test_loop.py proves.
    """
    start(studio)
    before = panels.python("stylestudio.run.settings.style_weight")
    studio.press("Style weight", "ArrowRight")
    weights = until(lambda: (w := begun_since(panels)) and w[-1] != before and w, "a step with the new weight")
    assert weights.count(before) <= 1


def test_undo_takes_a_drag_back(studio, panels):
    """One click, however many places the slider passed; exactly the weight of before, and no other move is made."""
    before = panels.python("[stylestudio.settings.style_weight, len(stylestudio.compare.moves)]")
    studio.drag("Style weight", 0.9)
    until(lambda: panels.python("stylestudio.settings.style_weight") > 2 * before[0], "the new weight")
    studio.at_rest()
    studio.click("Undo")
    until(lambda: "Style weight: back at" in studio.output.inner_text(), "what was undone")
    studio.at_rest()
    assert panels.python("[stylestudio.settings.style_weight, len(stylestudio.compare.moves)]") == before


@pytest.mark.parametrize(("button", "said"), [("Pause", "paused"), ("Stop", "stopped after")])
def test_pause_and_stop_act_within_a_step(studio, panels, button, said):
    """At most one step begins after the click; the picture stays."""
    start(studio)
    studio.click(button)
    until(lambda: said in studio.status(), said)
    assert panels.python("stylestudio.loop.settle(60)"), "the last step and its picture"
    pictures = studio.at_rest()
    assert len(begun_since(panels)) <= 1
    panels.page.wait_for_timeout(300)
    assert len(begun_since(panels)) <= 1 and studio.pictures() == pictures


def test_a_second_start_is_no_second_loop(studio, panels):
    """However often Start is pressed, one thread works, on one run."""
    start(studio)
    run = panels.python("id(stylestudio.run)")
    for _ in range(3):
        studio.click("Start")
    number = studio.step()
    until(lambda: studio.step() > number, "another step")
    assert panels.python(THREADS) == ["styletutor studio"] and panels.python("id(stylestudio.run)") == run


def test_status_says_rate_and_time_left_from_the_start(studio):
    """Whatever the line says between Start and the third step, it holds steps a second and time left."""
    studio.output.evaluate("""output => { window.said = [];
        new MutationObserver(() => { window.said.push(output.innerText); })
            .observe(output, {subtree: true, childList: true, characterData: true}); }""")
    start(studio)
    until(lambda: studio.step() >= 3, "the third step")
    said = studio.page.evaluate("window.said")
    lines = [line for text in said for line in text.splitlines() if re.match(r"preparing|step \d+ of \d+ ·", line)]
    assert lines[0].startswith("preparing · about")
    assert all("steps a second" in line and " left" in line for line in lines)


def test_nothing_flickers_or_jumps(studio, panels):
    """While it runs: none of the pictures changes more than ten times a second or is cleared, the panel as high."""
    panels.python("None", "stylestudio.controls['max_dim'].value = 64")
    height = studio.output.bounding_box()["height"]
    studio.output.evaluate("""output => {
        window.children = output.querySelectorAll("*").length;
        window.swaps = new Map(); window.gone = 0; window.since = performance.now();
        new MutationObserver(all => { for (const one of all) {
            if (one.attributeName === "src") swaps.set(one.target, (swaps.get(one.target) || 0) + 1);
            for (const node of one.removedNodes) if (node.querySelector?.("img")) window.gone += 1; } })
            .observe(output, {subtree: true, childList: true, attributeFilter: ["src"]}); }""")
    start(studio)
    number = studio.step()
    until(lambda: studio.step() > number + 50, "fifty steps")
    seconds, most, gone = panels.page.evaluate(
        "() => [(performance.now() - since) / 1000, Math.max(...swaps.values()), window.gone]"
    )
    assert 2 <= most <= 10 * seconds + 1 and gone == 0
    heights = [studio.output.bounding_box()["height"]]
    for button, said in (("Pin", "pinned, step"), ("Pause", "paused"), ("Undo", "back at")):
        studio.click(button)
        until(lambda said=said: said in studio.output.inner_text(), said)
        heights.append(studio.output.bounding_box()["height"])
    assert all(abs(other - height) <= 2 for other in heights), (height, heights)


def test_running_the_cell_again_leaves_one_thread(studio, panels):
    """The new panel's run is the only one; the old run has ended."""
    start(studio)
    panels.python("None", "old = stylestudio")
    panels.page.evaluate(f"""async () => {{ jupyterapp.shell.currentWidget.content.activeCellIndex = {CELL};
        await jupyterapp.commands.execute('notebook:run-cell'); }}""")
    until(lambda: panels.python("stylestudio is not old and old.loop.state == 'stopped'"), "the old run's end")
    start(studio)
    assert panels.python(THREADS) == ["styletutor studio"]


def test_the_draft_stays_usable_beside_a_render(studio, panels):
    """With both under way the draft does steps and takes weights, the render has its own progress, each stops alone."""
    start(studio)
    studio.click("Render")
    until(lambda: "render, step" in studio.output.inner_text(), "the render's first picture", 180)
    shown = until(lambda: len(found := RUNNING.findall(studio.output.inner_text())) == 2 and found, "two status lines")
    assert {steps for steps, _ in shown} == {"2000", str(panels.python("stylestudio.render.settings.steps"))}
    bars = studio.output.locator(".progress-bar").evaluate_all("all => all.map(bar => parseFloat(bar.style.width))")
    assert len(bars) == 2 and all(0 < bar < 100 for bar in bars), bars
    number, before = studio.step(), panels.python("stylestudio.run.settings.style_weight")
    studio.press("Style weight", "ArrowRight")
    until(lambda: panels.python("stylestudio.run.settings.style_weight") != before, "the weight in the draft")
    until(lambda: studio.step() > number, "another step of the draft")
    assert sorted(panels.python(THREADS)) == ["styletutor render", "styletutor studio"]
    studio.click("Stop rendering")
    until(lambda: panels.python(THREADS) == ["styletutor studio"], "the render's end")


def test_closing_the_page_ends_cleanly(studio, panels, lab, browser):
    """The run goes on without its page, without a word in the log; opened again, the page finds it and can stop it."""
    start(studio)
    panels.save()
    number = panels.python("stylestudio.run.number")
    panels.page.close()
    panels.open(browser)
    assert panels.python("stylestudio.loop.state") == "running"
    until(lambda: panels.python("stylestudio.run.number") > number, "a step without the page")
    studio.__init__(panels.cell(CELL))
    until(lambda: studio.output.locator("button:text-is('Stop')").count(), "the panel in the new page")
    assert lab.complaints() == []
