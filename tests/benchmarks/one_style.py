"""The loss of a network trained for one style, beside 200 steps of optimisation, on a photograph it has not seen.

`python tests/benchmarks/one_style.py PICTURE` trains for three minutes. A ratio of 2 is meant, or less.
"""

import argparse

import styletutor as st
from styletutor import fast
from styletutor.fast import photographs, training

SIDES, STYLE_SIDE, STEPS, MOST = (256, 512), 512, 200, 2.0


def main():
    """Train, then print for each size both total losses and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("style", help="a picture, or a gallery picture's name")
    parser.add_argument("--minutes", type=float, default=3)
    args = parser.parse_args()
    style, network = st.load_image(args.style, STYLE_SIDE), st.load_vgg19("embedded")
    run = fast.train(style, minutes=args.minutes)
    for _ in run:
        pass
    print(f"{run.number} steps in {run.seconds / 60:.1f} minutes")
    ratios = [_ratio(run.model, style, network, side) for side in SIDES]
    raise SystemExit(max(ratios) > MOST)


def _ratio(model, style, network, side):
    """The network's total loss as a multiple of that of optimisation, with strokes of one size at every size."""
    content = photographs.held_out(side)
    settings = training.LOSS.replace(max_dim=side, steps=STEPS, style_scale=STYLE_SIDE / side)
    ways = fast.Ways(content, style, settings, network)
    ways.add("network", lambda: model(content))
    ways.add("optimisation", lambda: _last(st.stylize(content, style, settings, network)))
    trained, optimised = (ways[name].losses["total"] for name in ("network", "optimisation"))
    print(f"{side} px: {trained:.3f} / {optimised:.3f} = {trained / optimised:.2f}")
    return trained / optimised


def _last(run):
    for _ in run:
        pass
    return run.image


if __name__ == "__main__":
    main()
