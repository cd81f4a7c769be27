"""What a panel's reader waits for, in numbers: python tests/browser/measure.py, on a machine with nothing else to do.

Milliseconds from a key on a slider to the first and to the last new picture that the page has loaded, and the steps
a second of a StyleStudio that draws, as a share of the bare loop's.
"""

import importlib.util
import json
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
SLIDERS = {"LayerPanel": "Channel", "GramPanel": "Channel c", "FrequencyPanel": "Noise"}
WATCH = """output => {
    window.loads = [];
    window.addEventListener("keydown", () => { window.pressed = performance.now(); window.loads = []; }, true);
    output.addEventListener("load", () => { window.loads.push(performance.now() - window.pressed); }, true); }"""
BARE = """import time
def bare(steps=60):
    settings = st.Settings(max_dim=256, steps=steps + 20)
    run = st.stylize(st.gallery.load("chelsea", 256), st.gallery.load("swirls", 256), settings, network)
    for _ in range(20):
        next(run)
    began = time.perf_counter()
    for _ in run:
        pass
    return steps / (time.perf_counter() - began)
def shown(steps=60):
    while stylestudio.run is None or stylestudio.run.number < 20:
        time.sleep(0.01)
    number, began = stylestudio.run.number, time.perf_counter()
    while stylestudio.run.number < number + steps:
        time.sleep(0.01)
    return (stylestudio.run.number - number) / (time.perf_counter() - began)"""


def waits(hands, label, times=25):
    """(median to the first new picture, median to the last) in milliseconds."""
    first, last = [], []
    hands.output.evaluate(WATCH)
    for number in range(times):
        hands.at_rest()
        hands.press(label, "ArrowRight" if number % 2 else "ArrowLeft")
        hands.at_rest()
        loads = hands.page.evaluate("window.loads")
        first.append(min(loads))
        last.append(max(loads))
    return round(statistics.median(first)), round(statistics.median(last))


def main():
    """Print one line of JSON a panel."""
    from browser import lab, panels
    from browser.hands import Hands

    names = [*SLIDERS, "StyleStudio"]
    server = lab.Lab(Path(tempfile.mkdtemp()))
    with lab.chromium() as browser:
        panels.write_notebook(server.folder / "measure.ipynb", "python3", names)
        notebook = lab.Notebook(browser, server, "measure.ipynb")
        notebook.run_all()
        for number, (name, label) in enumerate(SLIDERS.items(), 1):
            hands = Hands(notebook.cell(number))
            hands.type(label, {"Noise": "0.2"}.get(label, "9"))
            print(name, dict(zip(("first", "last"), waits(hands, label), strict=True)), flush=True)
        for control, value in (("max_dim", 256), ("steps", 400)):
            notebook.python("None", f"stylestudio.controls[{control!r}].value = {value}")
        rates = []
        for _ in range(3):
            bare = notebook.python("bare()", BARE)
            Hands(notebook.cell(len(names))).click("Start")
            shown = notebook.python("shown()")
            notebook.python("None", "stylestudio.loop.stop(); stylestudio.wait(60)")
            rates.append((round(bare, 1), round(shown, 1), round(shown / bare, 2)))
        print("StyleStudio (bare, shown, share):", json.dumps(rates))
        notebook.close()
    server.close()


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    spec = importlib.util.spec_from_file_location("conditions", ROOT / "conftest.py")
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    main()
