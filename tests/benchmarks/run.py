"""styletutor beside the tutorial's plain loop: `python tests/benchmarks/run.py FOLDER [PART …]`.

Parts, each can be run again by itself (default: all): a network and a size such as embedded/512 or random/2048
measures the time of a step, in one process and in turn, and the peak memory, in a process each; `loss` measures the
evaluations to the plain loop's loss after 1000 steps, on the embedded network at 512 px, where the plain loop takes
minutes. Figures gather in FOLDER/results.json; FOLDER/table.md and FOLDER/plot.png are written from it. "random" is
VGG19 at full width with random weights, which cost the same as trained ones. Ratios are what counts: a step's time
is a median, and the machine's load stands beside it. Exits with an error where a ratio is not as meant.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

PARTS = [f"{network}/{size}" for network in ("embedded", "random") for size in (256, 512, 1024, 2048)] + ["loss"]
WAYS = {"plain": None} | {f"{o} {p}": (o, p) for p in ("float32", "auto") for o in ("adam", "lbfgs")}
PAIRS = [("astronaut", "swirls"), ("coffee", "mosaic")]
PLAIN_LIMIT = 1024  # pixels a side: beyond it the plain loop may need more memory than there is
SHARES = (1.2, 1.05, 1.01)


def main():
    """Measure the parts asked for, then write the table and the plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=5, help="steps of each way in a median (default: %(default)s)")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        return print(json.dumps(_child(args.folder, args.child.split(), args.rounds)))
    args.folder.mkdir(parents=True, exist_ok=True)
    path = args.folder / "results.json"
    results = json.loads(path.read_text()) if path.exists() else {}
    for part in args.parts or PARTS:
        for key in _children(part):
            print(key, flush=True)
            results[key] = _measure(args.folder, key, args.rounds)
            path.write_text(json.dumps(results, indent=1))
    from checks import missed
    from report import write

    print(write(results, args.folder))
    if lines := missed(results):
        sys.exit("\n".join(["", "Not as meant:", *lines]))


def _children(part):
    """The child processes of a part: what each measures, in words that `_child` understands."""
    if part == "loss":
        return ["loss"]
    network, size = part.split("/")
    ways = [way for way in WAYS if way.startswith(("plain", "adam")) and (way != "plain" or int(size) <= PLAIN_LIMIT)]
    return [f"steps {network} {size}", *(f"memory {network} {size} {way}" for way in ways)]


def _measure(folder, key, rounds):
    command = [sys.executable, __file__, str(folder), "--rounds", str(rounds), "--child", key]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=os.environ | {"PYTHONPATH": ""})
    return json.loads(done.stdout.splitlines()[-1])


def _child(folder, words, rounds):
    sys.path.insert(0, str(Path(__file__).parents[2]))
    if words[0] == "loss":
        return _losses(folder)
    network, size, way = words[1], int(words[2]), " ".join(words[3:])
    if words[0] == "memory":
        before = _peak()
        step = _stepper(network, size, way)
        step(), step()
        return {"peak": _peak(), "imports": before}
    large = size > PLAIN_LIMIT
    steps = {way: _stepper(network, size, way) for way in WAYS if not (large and ("lbfgs" in way or way == "plain"))}
    seconds = {way: [] for way in steps}
    for number in range((1 if large else rounds) + 1):  # the first round builds the graphs
        for way, step in steps.items():
            started = time.perf_counter()
            step()
            seconds[way] += [time.perf_counter() - started] if number else []
    return {"seconds": seconds, "load": os.getloadavg()[0]}


def _peak():
    """The largest resident memory of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def _pictures(size, pair=PAIRS[0]):
    """Content and style as squares of exactly that size."""
    import styletutor as st

    return [st.images.resize(st.gallery.load(name, None), size=(size, size)) for name in pair]


def _stepper(network, size, way):
    """A function that does one step."""
    import plain

    import styletutor as st

    content, style = _pictures(size)
    network = st.load_vgg19(network)
    if way == "plain":
        step, _ = plain.train_step(network, content, style)
        return lambda: float(step())
    optimizer, precision = WAYS[way]
    settings = st.Settings.preset("tutorial", max_dim=size, optimizer=optimizer, precision=precision)
    run = st.stylize(content, style, settings, network)
    return lambda: next(run)


def _losses(folder):
    """{pair: {way: {share: evaluations until the loss is that share of the plain loop's last}}}, 512 px, embedded."""
    import plain

    import styletutor as st

    network, found = st.load_vgg19("embedded"), {}
    for pair in PAIRS:
        content, style = (st.gallery.load(name, 512) for name in pair)
        path = folder / f"plain-{'-'.join(pair)}.json"
        if not path.exists():
            step, _ = plain.train_step(network, content, style)
            path.write_text(json.dumps([float(step()) for _ in range(1001)]))
        goal, found[" × ".join(pair)] = json.loads(path.read_text())[-1], {}
        for precision in ("float32", "auto"):
            settings = st.Settings.preset("tutorial", optimizer="lbfgs", precision=precision, steps=400)
            reached = {}
            for step in st.stylize(content, style, settings, network):
                for share in SHARES:
                    if step.losses["total"] <= share * goal:
                        reached.setdefault(str(share), step.number)
                if len(reached) == len(SHARES):
                    break
            found[" × ".join(pair)][f"lbfgs {precision}"] = reached
    return found


if __name__ == "__main__":
    main()
