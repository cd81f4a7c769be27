"""The model card (Mitchell et al. 2019) that stands beside the weights, written from the report."""

TEXT = """# Model card: the embedded network of styletutor

Written by `python -m styletutor.pretrain`; the numbers are those of `vgg19_quarter.json`.

## What it is
VGG19's sixteen 3 × 3 convolutions (Simonyan and Zisserman 2015) with a quarter of the channels: 16, 32, 64, 128 and
128 in the five blocks, zero padding, ReLU, average pooling, no classifier. {parameters:,} parameters in float16,
{size:.2f} MB. Input as Keras' VGG19: BGR in [0, 255] minus the ImageNet mean. For neural style transfer: its features
give Gram matrices and a content loss. SHA-256 `{sha256}`.

## Training
{stages}

- **Pictures.** Half are crops of {photographs}, zoomed, flipped, recoloured, blended, blurred and with noise. Half are
  procedural paintings: 1/f noise, stripes, rings, tiles, dots, cells, dead leaves, brush strokes, scribbles, skies and
  plain grounds, with shaded and outlined shapes (`paint.py`). No other picture was seen.
- **Teacher.** {teacher_text}
- **Lessons.** Each layer predicts, through a 1 × 1 convolution that is thrown away afterwards, the teacher's features:
{lessons}
  The loss is the weighted sum of relative squared errors; AdamW, warm-up and cosine.
- **Scales.** A channel counts by the norm of its column in the head. Layers are scaled so that under the constants of
  TensorFlow's tutorial (style 1e-2, content 1e4 at block5_conv2) a relative style error weighs ten times a relative
  content error, spread evenly over the five layers, and total variation at weight 30 is some 11 per cent of
  the loss (Tübingen and The Starry Night, 512 pixels, step 120).

## Numbers
Relative squared error to the teacher on a photograph that was not trained on:

| lesson | error |
| --- | --- |
{errors}

Mean activation, and channels that never answer:

| layer | mean | dead |
| --- | --- | --- |
{activations}
{distances}
## Limits
- It is a sketch of VGG19: fine for styles' colours, strokes and textures; for final pictures use VGG19 itself.
- It knows little of objects; it classifies nothing, and content layers hold edges and parts rather than meaning.
- {deep_text}
- Plain areas such as skies can show fine grain, and the picture's edges a thin coloured line: a little total variation
  and a margin help. Judged by the teacher's features, the teacher, which optimises them, holds the content better.
- Few photographs were seen in training; how it does on kinds of pictures far from them is not known.

## Licences
- The photographs: those of scikit-image each under its own free licence, listed in its data folder; scikit-learn's
  china.jpg (danielbuechele) and flower.jpg (vultilion) under CC BY 2.0.
- The VGG19 weights from which the teacher learned: K. Simonyan and A. Zisserman, Visual Geometry Group, University of
  Oxford, [CC BY 4.0](https://creativecommons.org/licenses/by/4.0/).
{teacher_licence}- These weights: CC BY 4.0, naming {works}, as changed by distillation.
"""

TEACHERS = {
    "encoder": {
        "teacher_option": "PATH",
        "teacher_text": 'The 16 times smaller VGG19 encoder of H. Wang et al., "Collaborative Distillation for '
        "Ultra-Resolution Universal Style Transfer\", CVPR 2020, with its 1 × 1 heads to VGG19's features; no weight "
        "of it is in this network.",
        "teacher_licence": "- The teacher: H. Wang et al. 2020, github.com/MingSun-Tse/Collaborative-Distillation, "
        "MIT licence.\n",
        "works": "both works above",
        "deep_text": "The teacher ends at relu5_1. block5_conv2, a common content layer, was trained to predict "
        "relu5_1 and, pooled, the teacher's relu4_4; block5_conv4 to predict relu5_1; block5_conv3 has no lesson of "
        "its own. They hold content, but are not VGG19's features there.",
    },
    "imagenet": {
        "teacher_option": "imagenet",
        "teacher_text": "Keras' VGG19 trained on ImageNet.",
        "teacher_licence": "",
        "works": "the work above",
        "deep_text": "Only the layers listed above had a lesson.",
    },
}
SCRATCH = """From random weights, with batch normalisation that was folded into the convolutions at the end, {steps:,}
steps in {minutes:.0f} minutes of training time on {place}:
`python -m styletutor.pretrain --teacher {teacher_option} {options}`. {note}"""
CONTINUED = """From there, without batch normalisation, {steps:,} steps in {minutes:.0f} minutes on {place}:
`python -m styletutor.pretrain --teacher {teacher_option} --start embedded {options}`. {note}"""
REHEARSED = """Where training went on from weights, every other step was taken on pictures in the making: style transfer
with the student itself, on random pairs with random weights, at every age; there the change that the teacher sees
between such a picture and its content was a lesson as well (`rehearsal.py`)."""
PLACES = {"cpu": "a processor", "gpu": "a GPU", "tpu": "a TPU"}


def card(report):
    """The card's text for a report as `publish` writes it."""
    lessons = "\n".join(f"  - {name}: {source}, weight {w:g};" for name, (source, w) in report["lessons"].items())
    errors = "\n".join(f"| {name} | {value:.3f} |" for name, value in report["held_out_errors"].items())
    activations = "\n".join(
        f"| {name} | {facts['mean_activation']:.1f} | {facts['dead_channels']} |"
        for name, facts in report["calibration"].items()
    )
    teacher = TEACHERS[report["teacher"]]
    stages = [_stage(stage, teacher["teacher_option"]) for stage in report["stages"]]
    if len(stages) > 1:
        stages.append(REHEARSED)
    return TEXT.format(
        **teacher,
        sha256=report["sha256"],
        parameters=report["parameters"],
        photographs=report["photographs"],
        stages="\n\n".join(stage.strip() for stage in stages),
        size=report["bytes"] / 1e6,
        lessons=lessons,
        errors=errors,
        activations=activations,
        distances=_distances(report.get("distances")),
    )


def _stage(stage, teacher_option):
    """One training in words, with its command."""
    budget = {"minutes": f"{stage['budget']:g}"} if stage["budget"] else {"steps": stage["steps"]}
    chosen = budget | {"seed": stage["seed"], "paintings": stage["paintings"]}
    chosen["crops"] = " ".join(map(_size, stage["crops"]))
    if "rehearsed" in stage:
        chosen["rehearsed"] = _size(stage["rehearsed"])
    options = [f"--{name} {value}" for name, value in chosen.items()] + ["--bfloat16"] * stage["bfloat16"]
    text = CONTINUED if "rehearsed" in stage else SCRATCH
    place = PLACES.get(stage["device"], stage["device"])
    if stage["backend"] != "tensorflow":
        place += f" (KERAS_BACKEND={stage['backend']})"
    return text.format(
        teacher_option=teacher_option, place=place, options=" ".join(options),
        steps=stage["steps"], minutes=stage["minutes"], note=stage["note"],
    ).strip()  # fmt: skip


def _size(pair):
    return "{}x{}".format(*pair)


def _distances(found):
    """Tables of measured distances, by the teacher and by any other judge, or nothing where none were measured."""
    if not found:
        return ""
    others = "".join(f"\nJudged by {other['judge']}:\n\n{_table(other['mean'])}\n" for other in found.get("others", ()))
    return f"""
Style transfer with `{found["settings"]}`, mean of {found["pairs"]} pairs of pictures that were not trained on
(`python -m styletutor.pretrain.measure`), judged by the teacher's features: style is the relative Gram distance to the
style picture up to relu3_1, as a share of the content picture's own; content is the relative squared distance at
relu4_1.

{_table(found["mean"])}
{others}"""


def _table(mean):
    rows = [f"| {name} | {d['style']:.4f} | {d['content']:.3f} |" for name, d in mean.items()]
    return "\n".join(["| network | style | content |", "| --- | --- | --- |", *rows])
