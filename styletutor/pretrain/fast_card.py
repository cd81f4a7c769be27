"""The model card (Mitchell et al. 2019) of the gallery network, written from its report."""

TEXT = """# Model card: the gallery network of styletutor

Written by `python -m styletutor.pretrain.fast`; the numbers are those of `fast_gallery.json`.

## What it is
A feed-forward network that paints a photograph in one of {count} styles, or a blend, in one pass: {styles}. Encoder,
residual blocks and decoder after Johnson, Alahi and Fei-Fei 2016, with the conditional instance normalisation of
Dumoulin, Shlens and Kudlur 2017, sub-pixel output, mirrored borders and seeded noise among its features.
{parameters:,} parameters in float16, {size:.2f} MB. Input and output are images in [0, 1] of any size from 32 pixels a
side on. SHA-256 `{sha256}`.

## Training
{stages}

- **Loss.** That of `stylize` with `{settings}`: Gram matrices and features of the embedded network.
- **Pictures.** Crops of {side} pixels: three in four of {photographs}, zoomed, flipped and slightly recoloured, one in
  four of a procedural painting (`paint.py`). matplotlib's photograph of Grace Hopper is held out.
- **Styles.** The painted pictures of the gallery, each at {style_side} pixels; strokes are as large as there.
{distances}
## Limits
- It knows its {count} styles alone, at one size of stroke.
- It was trained on few photographs; on kinds of pictures far from them it is untried.
- It repeats what optimisation with the embedded network likes, weaknesses included.

## Licences
- The photographs: as in the embedded network's card, which also says whose features the loss compares.
- These weights: CC BY 4.0, naming the works of that card.
"""
STAGE = """{steps:,} steps of {count} crops in {minutes:.0f} minutes on a processor, {start}, seed {seed}:
`python -m styletutor.pretrain.fast gallery --minutes {budget:g}{option}`."""


def card(report):
    """The card's text for a report as `fast_publish.publish` writes it."""
    stages = [
        STAGE.format(
            **stage,
            start="from random weights" if i == 0 else "from there",
            option=" --start packaged" if i else "",
        )
        for i, stage in enumerate(report["stages"])
    ]
    return TEXT.format(
        count=len(report["styles"]),
        styles=", ".join(report["styles"]),
        parameters=report["parameters"],
        size=report["bytes"] / 1e6,
        sha256=report["sha256"],
        stages="\n\n".join(stages),
        settings=report["settings"],
        side=report["stages"][-1]["side"],
        photographs=report["photographs"],
        style_side=report["style_side"],
        distances=_distances(report.get("distances")),
    )


def _distances(rows):
    """A table of measured distances, or nothing where none were measured."""
    if not rows:
        return ""
    lines = "\n".join(
        f"| {r['style']} | {r['content']} | {r['fast']:.3f} | {r['optimised']:.3f} | {r['fast'] / r['optimised']:.2f} |"
        f" {r['fast_content']:.2f} | {r['optimised_content']:.2f} |"
        for r in rows
    )
    return f"""
## Numbers
On photographs that were not trained on, at 512 pixels, beside 200 steps of `stylize` with the preset quick
(`python -m styletutor.pretrain.fast_measure`), judged by the teacher of the embedded network: style is the relative
Gram distance to the style picture up to relu3_1, as a share of the content picture's own; content is the relative
squared distance at relu4_1.

| style | photograph | fast, style | optimised, style | ratio | fast, content | optimised, content |
| --- | --- | --- | --- | --- | --- | --- |
{lines}
"""
