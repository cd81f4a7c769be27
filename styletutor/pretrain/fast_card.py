"""The model card (Mitchell et al. 2019) of the networks that style in one pass, written from their reports."""

TITLE = """# Model card: the fast networks of styletutor

Written by `python -m styletutor.pretrain.fast`; the numbers are those of `fast_gallery.json` and `fast_arbitrary.json`.
"""
GALLERY = """
## The gallery network
A feed-forward network that paints a photograph in one of {count} styles, or a blend, in one pass:
{styles}.
Encoder, residual blocks and decoder after Johnson, Alahi and Fei-Fei 2016, with the conditional instance normalisation
of Dumoulin, Shlens and Kudlur 2017, mirrored borders, and seeded noise among its features. {parameters:,} parameters
in float16, {size:.2f} MB. Input and output are images in [0, 1] of any size from 32 pixels a side on.
SHA-256 `{sha256}`.

{stages}{note}

Its styles are the painted pictures of the gallery at 512 pixels; strokes are as large as there.
{numbers}"""
ARBITRARY = """
## The arbitrary network
Any picture is the style: `fast.stylize(content, picture)`. After Ghiasi et al. 2017, two dense layers turn the means
and deviations of the embedded network's features (Huang and Belongie 2017) into the normalisation's parameters of the
same transformation network, which began as the gallery network; before and after it the colours are brought to the
style's mean and covariance.
{parameters:,} parameters in float16, {size:.2f} MB. SHA-256 `{sha256}`.

{stages}{note}

Its styles in training were crops of the gallery's painted pictures (45 in 100), procedural paintings (40) and
photographs (15), most of them recoloured at random.
{numbers}"""
REST = """
## Training
- **Loss.** That of `stylize` with the preset quick but for the style's weight, the margin, and the content, which is
  that of block4_conv2 alone: Gram matrices and features of the network that each stage names. The content of a crop
  that is plainer than the others of its batch counts less.
- **Pictures.** Crops of photographs, zoomed, flipped and slightly recoloured: {photographs},
  scenes more often than textures; one in five is of a procedural painting (`paint.py`). matplotlib's photograph of
  Grace Hopper is held out.
- Adam, warm-up and cosine. All in float32, but for judges where a stage says so; on a GPU, convolutions and matrix
  products may round to TF32.

## Limits
- Few photographs were seen in training; on kinds of pictures far from them the networks are untried.
- They do what optimisation with the network that the loss looked through likes, weaknesses included, and less well.
- A style that is far from all that the arbitrary network was trained on it paints with the strokes of the nearest that
  it knows (lesson 8 shows it); a few steps of optimisation (`few_steps.py`) take any.
- Strokes have one size in pixels: on a large picture they are small.

## Licences
- The photographs: as in the embedded network's card, which also says whose features the loss compares.
- These weights: CC BY 4.0, naming the works of that card.
"""
STAGE = """{steps:,} steps of {count} crops of {side} pixels in {minutes:.0f} minutes, {start}, seed {seed},
judged by {judge}{halved},
with Keras on {backend}{emphasis}:
`python -m styletutor.pretrain.fast {kind} --minutes {budget:g} --side {side} --count {count} --peak {peak:g}
--style-weight {style_weight:g}{option}`."""
JUDGES = {
    "embedded": "the embedded network",
    "imagenet": "Keras' ImageNet VGG19",
    "encoder": "the encoder of Wang et al. 2020, a teacher of the embedded network",
}
BACKENDS = {"jax": "JAX", "tensorflow": "TensorFlow", "torch": "PyTorch"}
PARTS = {"gallery": GALLERY, "arbitrary": ARBITRARY}
BEGINNINGS = {"gallery": "from random weights", "arbitrary": "from the gallery network"}


def card(reports):
    """The card's text for the reports {kind: as `fast_publish.publish` writes it}."""
    parts = [_part(kind, report) for kind, report in reports.items()]
    photographs = next(iter(reports.values()))["photographs"]
    return TITLE + "".join(parts) + REST.format(photographs=photographs)


def _part(kind, report):
    stages = [_stage(kind, i, stage) for i, stage in enumerate(report["stages"])]
    return PARTS[kind].format(
        count=len(report.get("styles", ())),
        styles=", ".join(report.get("styles", ())),
        parameters=report["parameters"],
        size=report["bytes"] / 1e6,
        sha256=report["sha256"],
        stages="\n\n".join(stages),
        note="\n\n" * bool(report.get("note")) + report.get("note", ""),
        numbers=_numbers(report.get("distances")),
    )


def _stage(kind, number, stage):
    """A stage's lines; where it doesn't say so, it was judged by the embedded network, on TensorFlow."""
    judges, backend = stage.get("judges", ["embedded"]), stage.get("backend", "tensorflow")
    halved, emphasis = stage.get("halved"), stage.get("emphasis", {})
    named = " ".join(name if name != "encoder" else "PATH" for name in judges)
    options = [
        judges != ["embedded"] and f"--judges {named}",
        halved and "--halved",
        stage.get("bfloat16") and "--bfloat16",
        emphasis and "--emphasis " + " ".join(f"{name}={times:g}" for name, times in emphasis.items()),
        "style_side" in stage and f"--style-side {stage.get('style_side')}",
        number and "--start packaged",
    ]
    weighs = ", ".join(f"{times:g} times for {name}" for name, times in emphasis.items())
    texts = {
        "judge": " and ".join(JUDGES[name] for name in judges),
        "halved": " in full and at half the size" * bool(halved) + " in bfloat16" * stage.get("bfloat16", False),
        "backend": BACKENDS[backend],
        "emphasis": f", the style's weight {weighs}" if weighs else "",
        "option": "".join(f" {option}" for option in options if option),
    }
    return STAGE.format(**stage | texts, kind=kind, start="from there" if number else BEGINNINGS[kind])


def _numbers(rows):
    """A table of measured distances, or nothing where none were measured."""
    if not rows:
        return ""
    lines = "\n".join(
        f"| {r['style']} | {r['content']} | {r['fast']:.3f} | {r['optimised']:.3f} | {r['fast'] / r['optimised']:.2f} |"
        f" {r['fast_content']:.2f} | {r['optimised_content']:.2f} |"
        for r in rows
    )
    return f"""
On photographs of {rows[0]["side"]} pixels that were not trained on, with styles of 512, beside 200 steps of
`stylize` with the preset quick (`python -m styletutor.pretrain.fast_measure`), judged by the teacher of the embedded
network: style is the relative Gram distance to the style picture up to relu3_1, as a share of the content picture's
own; content is the relative squared distance at relu4_1.

| style | photograph | fast, style | optimised, style | ratio | fast, content | optimised, content |
| --- | --- | --- | --- | --- | --- | --- |
{lines}
"""
