"""Style transfer in one pass: the network, its file, blends and strength, and that training trains."""

import hashlib
import io
import json
from importlib import resources

import numpy as np
import pytest

from styletutor import StyleContentModel, fast, gallery, images, style_content_loss, stylize
from styletutor.backend import tf
from styletutor.errors import ImageError, RunError, SettingsError, WeightsError
from styletutor.fast import few_steps, layers, training, ways
from styletutor.fast import network as networks
from styletutor.fast.photographs import Crops, held_out, photographs
from styletutor.pace import Budget
from styletutor.pretrain import fast as pretrain_fast
from styletutor.pretrain import fast_lessons, fast_measure, fast_publish, fast_start, fast_trainer
from styletutor.pretrain.fast_crops import Examples, Turns
from styletutor.pretrain.supply import Supply
from styletutor.settings import Settings
from styletutor.style import squared_error
from styletutor.transfer import Step
from styletutor.vgg19 import load_vgg19


@pytest.fixture(scope="module")
def two():
    """An untrained network of two styles, which differ in scale and shift."""
    made = fast.FastNetwork(("waves", "stones"), seed=1)
    rng = np.random.default_rng(2)
    made.set_arrays({
        name: array + rng.normal(0, 0.3, array.shape) * name.endswith(("gamma", "beta"))
        for name, array in made.arrays().items()
    })  # fmt: skip
    return made


def test_any_size_comes_back_inside_its_range(two, photo):
    for height, width in ((64, 96), (33, 47), (50, 37)):
        made = two(photo[:, :height, :width], "waves")
        assert made.shape == (1, height, min(width, 96), 3) and made.dtype == np.float32
        assert 0 <= made.min() < made.max() <= 1


def test_one_graph_serves_all_sizes(two, photo):
    """Of pictures and of styles: TensorFlow warns in red where a function is traced time and again."""
    any_style = fast.arbitrary_network()
    for side in (32, 40, 48):
        picture = photo[:, :side]
        two(picture)
        any_style.apply(picture, any_style.read(picture))
    assert [f.experimental_get_tracing_count() for f in (two._run, any_style._read, any_style._paint)] == [1, 1, 1]


def test_the_border_is_no_frame(two):
    """On a plain picture and without noise every pixel is treated alike, at the border too."""
    quiet = fast.FastNetwork(("one",), seed=3)
    for layer in quiet.model.layers:
        if layer.name.endswith("_noise"):
            layer.tile = np.zeros_like(layer.tile)
    made = quiet(np.full((1, 48, 48, 3), 0.3, "float32"))
    np.testing.assert_allclose(made, np.tile(made[:, 20:22, 20:22], (1, 24, 24, 1)), atol=0.01)


def test_a_blend_lies_between_its_styles(two, photo):
    waves, stones, both = (two(photo, style) for style in ("waves", "stones", {"waves": 1, "stones": 3}))
    np.testing.assert_allclose(two(photo, {"waves": 2, "stones": 0}), waves, atol=1e-6)
    np.testing.assert_allclose(two.code({"waves": 1, "stones": 3}), [[0.25, 0.75]])
    np.testing.assert_allclose(two.code(dict.fromkeys(two.names, 1e308)), [[0.5, 0.5]])
    assert np.abs(both - stones).mean() < np.abs(waves - stones).mean()
    assert np.abs(both - stones).mean() > 0.01


def test_strength_and_colour(two, photo):
    full = fast.stylize(photo, "waves", network=two)
    np.testing.assert_array_equal(fast.stylize(photo, "waves", strength=0, network=two), photo)
    half = fast.stylize(photo, "waves", strength=0.5, network=two)
    np.testing.assert_allclose(half, (full + photo) / 2, atol=1e-6)
    kept = fast.stylize(photo, "waves", preserve_colour=True, network=two)
    difference = kept - photo  # the same in all channels but where it was cut
    inside = (kept > 0.01) & (kept < 0.99)
    assert np.ptp(difference, axis=-1)[inside.all(-1)].max() < 1e-5


@pytest.mark.parametrize(
    ("style", "strength", "words"),
    [
        *(("wave", 1, "did you mean waves"), ({"waves": 0}, 1, "above 0"), ({"waves": -1}, 1, "weighs -1")),
        *(({}, 1, "above 0"), ("waves", 2, "from 0 to 1"), ("waves", None, "from 0 to 1")),
        *(("stone", float("nan"), "from 0 to 1"), ([], 1, "empty")),
    ],
)
def test_what_is_refused(two, photo, style, strength, words):
    with pytest.raises(SettingsError, match=words):
        fast.stylize(photo, style, strength, network=two)


def test_names_that_the_network_knows_come_first(photo):
    """A name may look like a path."""
    named = fast.FastNetwork(("v1.0",), seed=1)
    np.testing.assert_array_equal(fast.stylize(photo, "v1.0", network=named), named(photo))


@pytest.mark.parametrize("blend", [(1, 2), (1,)])
def test_a_blend_weighs_pictures(two, photo, blend):
    with pytest.raises(SettingsError, match="in a dict"):
        fast.stylize(photo, "waves", network=two, blend=blend)


def test_a_network_is_given_what_it_knows(two, photo):
    """Names or pictures, and one picture at least."""
    with pytest.raises(SettingsError, match="by name, waves, stones"):
        fast.stylize(photo, photo, network=two)
    with pytest.raises(SettingsError, match="'mosaic', expected a picture"):
        fast.stylize(photo, "mosaic", network=fast.arbitrary_network())
    with pytest.raises(SettingsError, match="is empty"):
        fast.arbitrary_network().read()


@pytest.mark.parametrize("size", [(0, 5), (40,), (40.5, 40), (40, None, 40)])
def test_a_single_style_has_a_size_that_the_network_can_take(two, size):
    with pytest.raises(SettingsError, match="from 32 on"):
        two.single("waves", size)


def test_the_gallery_networks_published_distances():
    """Each of its styles was measured, and lies within 1.5 of the distance that optimisation leaves."""
    rows = json.loads((resources.files("styletutor") / "data/fast_gallery.json").read_text())["distances"]
    assert {row["style"] for row in rows} == set(gallery.PAINTED)
    for row in rows:
        assert 0 < row["fast"] <= 1.5 * row["optimised"], row


def test_what_the_distances_are_measured_beside_is_made_anew(tmp_path):
    """A picture that optimisation made is kept for its own content, style and settings, not for their names."""
    content, styles = gallery.load("coffee", 48), [gallery.load(name, 48) for name in ("mosaic", "swirls")]
    first, other, again = (
        fast_measure.optimised(content, "cup-style", style, tmp_path, steps=2) for style in (*styles, styles[0])
    )
    assert np.abs(first - other).max() > 0.01 and len(list(tmp_path.iterdir())) == 2
    np.testing.assert_array_equal(first, again)


def test_the_arbitrary_networks_published_distances():
    """On pictures that were not trained on it leaves at most a quarter of the content picture's distance."""
    rows = json.loads((resources.files("styletutor") / "data/fast_arbitrary.json").read_text())["distances"]
    assert len(rows) == 6
    for row in rows:
        assert 0 < row["fast"] <= 0.25, row


def test_the_file_is_arrays_and_gives_the_same_picture(two, photo, tmp_path):
    path = two.save(tmp_path / "two.npz")
    with np.load(path, allow_pickle=False) as file:
        assert json.loads(str(file["about"]))["styles"] == ["waves", "stones"]
    again = fast.load(path)
    assert again.names == two.names
    assert np.abs(again(photo, "stones") - two(photo, "stones")).max() < 0.02  # float16


def _file(**changes):
    arrays = {"about": np.array(json.dumps({"styles": ["one"]})), **fast.FastNetwork(("one",)).arrays(), **changes}
    file = io.BytesIO()
    np.savez(file, **{name: array for name, array in arrays.items() if array is not None})
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda: b"PK no", "holds no fast network"),
        (lambda: _file(about=np.array([{"styles": ["one"]}], dtype=object)), "holds no fast network"),
        (lambda: _file(about=np.array(json.dumps({"styles": ["a"] * 9}))), "names of their own"),
        (lambda: _file(**{"paint/bias": None}), "lack paint/bias"),
        (lambda: _file(**{"paint/bias": np.zeros(13, "float32")}), "has the shape"),
        (lambda: _file(**{"paint/bias": np.full(12, np.nan, "float32")}), "not finite"),
    ],
)
def test_damaged_files_are_refused(content, words):
    with pytest.raises(WeightsError, match=words):
        networks.from_bytes(content(), "file.npz")


def _training(steps, seed=0):
    """A training on stripes without compiling, which would take longer than the few small steps."""
    ramp = np.mgrid[0:48, 0:48][1][None, ..., None] / 47
    style = (np.array([0.9, 0.2, 0.1]) * np.round(6 * ramp % 1) + 0.05).astype("float32")
    settings = Settings.preset("quick", style_layers=("block1_conv1", "block2_conv1"), content_layers="block2_conv2")
    made, crops = fast.FastNetwork(("stripes",), seed), Crops(seed, 40, 2)
    return fast.Training(made, {"stripes": style}, settings, steps=steps, seed=seed, crops=crops, compiled=False)


def test_training_lowers_the_loss_and_can_be_left():
    run = _training(12)
    first = [step.losses["total"] for step, _ in zip(run, range(4), strict=False)]
    assert run.number == 5 and run.share == 5 / 12  # the fifth was taken before zip ended
    last = [step for step in run][-1]
    assert last.number == 12 and np.mean([h["total"] for h in run.history[-3:]]) < 0.85 * np.mean(first)
    assert last.image.shape == run.preview.shape and last.seconds == run.seconds
    assert list(run) == []
    np.testing.assert_array_equal(run.image, run.model(run.preview))


def test_the_same_seed_trains_the_same_network():
    arrays = []
    for seed in (4, 4, 5):
        run = _training(2, seed)
        list(run)
        arrays.append(run.model.arrays()["block1_a/kernel"])
    np.testing.assert_array_equal(arrays[0], arrays[1])
    assert not np.array_equal(arrays[0], arrays[2])


def test_a_batch_is_judged_as_stylize_judges_one_picture(quarter_network):
    """The losses of a batch of one are those of style_content_loss."""
    settings = Settings.preset("quick")
    rng = np.random.default_rng(6)
    made, content, style = (rng.random((1, 48, 48, 3)).astype("float32") for _ in range(3))
    run = fast.Training(fast.FastNetwork(("one",)), {"one": style}, settings, quarter_network, steps=1, compiled=False)
    judge = StyleContentModel(settings.style_layers, settings.content_layers, quarter_network)
    targets = {"style": judge(style)["style"], "content": judge(content)["content"]}
    expected = style_content_loss(judge(made), targets, settings, made)
    found = run._losses(tf.constant(made), judge.extractor(content), targets["style"])
    assert {name: float(v) for name, v in found.items()} == pytest.approx({n: float(v) for n, v in expected.items()})


def test_the_packaged_networks_learn_the_same_loss(quarter_network):
    """The batch's losses are the lesson's, which are taken a picture at a time."""
    settings = Settings.preset("quick")
    rng = np.random.default_rng(6)
    styles = {name: rng.random((1, 48, 48, 3)).astype("float32") ** power for name, power in (("a", 1), ("b", 3))}
    made, content = (rng.random((3, 48, 48, 3)).astype("float32") * [[[[1]]], [[[0.5]]], [[[0.1]]]] for _ in range(2))
    made, content = made.astype("float32"), content.astype("float32")
    codes = np.array([[1, 0], [0, 1], [0, 1]], "float32")
    network = fast.FastNetwork(("a", "b"))
    run = fast.Training(network, styles, settings, quarter_network, steps=1, compiled=False)
    grams = {layer: tf.einsum("ns,scd->ncd", codes, gram) for layer, gram in run._grams.items()}
    expected = run._losses(tf.constant(made), run._judge.extractor(content), grams)
    lesson = fast_lessons.GalleryLesson(network, settings, [quarter_network], styles)
    found = lesson.losses_of(tf.constant(made), tf.constant(content), lesson.grams_of(tf.constant(codes)))
    assert {n: float(v) for n, v in found.items()} == pytest.approx({n: float(v) for n, v in expected.items()}, 1e-3)
    again = fast_lessons.ArbitraryLesson(fast.ArbitraryNetwork(), settings, [quarter_network])
    pictures = tf.concat([styles["a"], styles["b"], styles["b"]], 0)
    (seen,) = again.grams_of(pictures)
    for layer, gram in seen.items():
        np.testing.assert_allclose(gram, grams[layer], rtol=1e-3)


def test_the_pace_of_optimisation_is_measured(monkeypatch):
    """Two sizes are timed, the best step after the first; other sizes lie on the line through both."""
    seconds = {64: [5.0, 5.5, 5.6, 6.0, 6.1], 192: [9.0, 10.0, 10.9, 12.0, 14.0]}  # 0.1 and 0.9 a step
    timed = []

    def run(content, style, settings, network):
        timed.append(settings.max_dim)
        return [Step(i + 1, content, {}, s, 0) for i, s in enumerate(seconds[settings.max_dim])]

    ways._measured.cache_clear()
    monkeypatch.setattr(ways, "stylize", run)
    try:
        for side, each in ((64, 0.1), (192, 0.9), (128, 0.4), (8, 0.05)):
            assert ways.optimisation_seconds((side, side), 200) == pytest.approx(200 * each)
    finally:
        ways._measured.cache_clear()
    assert timed == [64, 192]


def test_judges_are_averaged_at_both_sizes_and_a_style_can_weigh_more(quarter_network):
    settings = Settings.preset("quick")
    rng = np.random.default_rng(7)
    style, made, content = (rng.random((1, 64, 64, 3)).astype("float32") for _ in range(3))
    network = fast.FastNetwork(("a",))

    def losses(judges, sights=(1,), emphasis=None, shrink=1):
        apart = (1, 64 // shrink, shrink, 64 // shrink, shrink, 3)
        painting, *pictures = (tf.constant(value.reshape(apart).mean((2, 4))) for value in (style, made, content))
        lesson = fast_lessons.GalleryLesson(network, settings, judges, {"a": painting}, sights, emphasis)
        code = tf.constant([[1.0]])
        found = lesson.losses_of(*pictures, lesson.grams_of(code), lesson.counts_of(code))
        return np.array([float(found["style"]), float(found["content"])])

    embedded = load_vgg19("embedded")
    full, half, other = losses([embedded]), losses([embedded], shrink=2), losses([quarter_network])
    np.testing.assert_allclose(losses([embedded], (1, 2)), (full + half) / 2, rtol=1e-3)
    np.testing.assert_allclose(losses([embedded, quarter_network]), (full + other) / 2, rtol=1e-3)
    np.testing.assert_allclose(losses([embedded], emphasis={"a": 3.0}), full * [3, 1], rtol=1e-3)
    quick = losses([fast_start.judge("embedded", "bfloat16")])
    assert np.any(quick != full)
    np.testing.assert_allclose(quick, full, rtol=0.03)


def _pretraining(steps, arbitrary=False, seed=0):
    """A training of a packaged network on small stripes, without compiling."""
    settings = Settings.preset("quick", style_layers=("block1_conv1", "block2_conv1"), content_layers="block2_conv2")
    ramp = np.mgrid[0:40, 0:40][1][None, ..., None] / 39
    style = (np.array([0.9, 0.2, 0.1]) * np.round(6 * ramp % 1) + 0.05).astype("float32")
    crops, judge = Crops(seed, 40, 2), load_vgg19("embedded")
    if arbitrary:
        lesson = fast_lessons.ArbitraryLesson(fast.ArbitraryNetwork(seed), settings, [judge])
        aims = Crops(seed + 1, 40, 2)
    else:
        lesson = fast_lessons.GalleryLesson(fast.FastNetwork(("one",), seed), settings, [judge], {"one": style})
        aims = Turns(seed, 2, 1)
    examples = Examples(crops, aims)
    return fast_trainer.FastTrainer(lesson, examples, Budget(steps=steps), seed, compiled=False)


@pytest.mark.parametrize("arbitrary", [False, True])
def test_the_packaged_networks_train(arbitrary):
    run = _pretraining(11, arbitrary)
    before = run.fast.arrays()
    assert list(run) == list(range(1, 12)) and run.share == 1
    totals = [losses["total"] for losses in run.history]
    assert len(totals) == 11 and np.mean(totals[-3:]) < 0.95 * np.mean(totals[:3])
    assert all(np.any(array != before[name]) for name, array in run.fast.arrays().items())


def test_a_training_that_diverged_leaves_no_checkpoint(tmp_path):
    run = _pretraining(2)
    run.fast.model.get_layer("paint").bias.assign(np.full(12, np.nan, "float32"))
    with pytest.raises(RunError, match="diverged"):
        run.run(tmp_path / "check.npz")
    assert not list(tmp_path.iterdir())


def test_a_new_style_begins_between_the_known_ones(two, photo):
    made = two.new_style("new")
    np.testing.assert_allclose(made(photo), two(photo, {"waves": 1, "stones": 1}), atol=1e-5)


def test_crops_leave_out_the_held_out_photograph():
    found = [images.resize(images.load_image(picture), size=(64, 64)) for picture in photographs()]
    kept = images.resize(held_out(), size=(64, 64))
    assert len(found) >= 6 and min(np.abs(other - kept).mean() for other in found) > 0.1
    np.testing.assert_array_equal(Crops(1, 48, 2).batch(3), Crops(1, 48, 2).batch(3))


@pytest.mark.parametrize("bad", [0, -1, "x", None, float("nan"), True, 2e6])
def test_a_budget_is_a_number_above_zero(bad):
    with pytest.raises(SettingsError, match=r"minutes is .* above 0, at most 1,000,000"):
        fast.train(np.zeros((32, 32, 3)), minutes=bad)


@pytest.mark.parametrize("bad", [
    {"seed": -1}, {"seed": "x"}, {"crops": "x"}, {"crops": -1}, {"steps": 0}, {"steps": 0.5},
])
def test_a_training_refuses_before_its_first_step(bad):
    with pytest.raises(SettingsError, match=next(iter(bad))):
        fast.train(np.zeros((32, 32, 3)), **bad)


@pytest.mark.parametrize("shape", [(), (48, 48, 3), (0, 48, 48, 3), (1, 16, 48, 3), (1, 48, 48, 1)])
def test_crops_are_pictures_that_vgg19_can_take(shape):
    class Own:
        def batch(self, step):
            return np.zeros(shape)

    run = fast.train(np.zeros((32, 32, 3)), steps=1, crops=Own())
    with pytest.raises(SettingsError, match="crops gave an array of shape"):
        next(run)
    assert run.number == 0


def test_pictures_of_another_size_are_not_judged(quarter_network):
    """Their features would be compared with the content's all the same where broadcasting stretches them."""
    content, style = gallery.load("coffee", 64), gallery.load("mosaic", 64)
    ways_to = fast.Ways(content, style, Settings(max_dim=64), quarter_network)
    with pytest.raises(ImageError, match="thin gave a picture of 10 × "):
        ways_to.add("thin", lambda: content[:, :, :10])
    assert ways_to.add("whole", lambda: content[0]).shape == content.shape and list(ways_to) == ["whole"]


def test_learning_rate_rises_then_falls():
    rates = [training.learning_rate(share) for share in (0, 0.05, 0.5, 1)]
    assert rates[0] < rates[1] == training.PEAK and rates[1] > rates[2] > rates[3] == 0


def test_square_root_against_numpy():
    rng = np.random.default_rng(7)
    factors = rng.normal(size=(5, 3, 3)) * (1, 0.3, 0.05)
    matrices = (factors @ factors.transpose(0, 2, 1) + 1e-3 * np.eye(3)).astype("float32")
    root, inverse = (np.asarray(value) for value in layers.square_root(matrices))
    values, vectors = np.linalg.eigh(matrices)
    np.testing.assert_allclose(root, (vectors * values[:, None] ** 0.5) @ vectors.transpose(0, 2, 1), atol=1e-4)
    np.testing.assert_allclose(root @ inverse, np.broadcast_to(np.eye(3), root.shape), atol=1e-2)


def test_colours_are_moved_to_the_style():
    """Mean and covariance are the style's afterwards, and a picture with its own moments stays as it is."""
    rng = np.random.default_rng(8)
    content, style = (0.2 + 0.5 * rng.random((1, 30, 40, 3)).astype("float32") ** power for power in (2, (1, 2, 3)))
    moved = np.asarray(layers.ColourTransport()([content, layers.ColourMoments()(style)]))[0].reshape(-1, 3)
    np.testing.assert_allclose(moved.mean(0), style[0].reshape(-1, 3).mean(0), atol=0.005)
    np.testing.assert_allclose(np.cov(moved.T), np.cov(style[0].reshape(-1, 3).T), atol=0.001)
    same = layers.ColourTransport()([content, layers.ColourMoments()(content)])
    np.testing.assert_allclose(same, content, atol=0.001)


def _apart(outputs, grams):
    """How far a model's outputs are from a style's Gram matrices: the sum over layers of the relative losses."""
    return sum(float(squared_error(outputs["style"][layer], gram, True)) for layer, gram in grams.items())


def test_the_packaged_networks_are_small_and_paint(photo, quarter_network):
    """A style's Gram matrices are nearer afterwards, by name and by picture, to that style than to another."""
    judge = StyleContentModel(Settings().style_layers[:3], (), quarter_network)
    styles = {name: gallery.load(name, 256) for name in ("swirls", "linocut")}
    grams = {name: judge(image)["style"] for name, image in styles.items()}
    ways = [(name, name, None) for name in styles]
    ways += [(name, image, network) for name, image in styles.items() for network in (None, fast.FewSteps())]
    for mine, style, network in ways:
        made = judge(fast.stylize(photo, style, network=network))
        far = {name: _apart(made, gram) for name, gram in grams.items()}
        assert far[mine] < 0.5 * _apart(judge(photo), grams[mine]) and far[mine] == min(far.values())
    data = resources.files("styletutor") / "data"
    assert len((data / "fast_gallery.npz").read_bytes()) < 2e6 and len((data / "fast_arbitrary.npz").read_bytes()) < 4e6


def test_every_style_of_the_gallery_network_comes_near_its_picture():
    """On a photograph that no crop was taken from, the embedded network sees a fifth of the distance left, or less."""
    judge, photograph = StyleContentModel(Settings().style_layers, (), load_vgg19("embedded")), held_out(256)

    for name in gallery.PAINTED:
        grams = judge(gallery.load(name, 512))["style"]
        assert _apart(judge(fast.stylize(photograph, name)), grams) < 0.2 * _apart(judge(photograph), grams), name


def test_any_style_comes_near_in_one_pass():
    """Three recoloured styles on a photograph not trained on: the embedded network sees a quarter left, or less."""
    judge, photograph = StyleContentModel(Settings().style_layers[:3], (), load_vgg19("embedded")), held_out(256)

    for name in ("swirls", "ink_waves", "autumn"):
        style = gallery.load(name, 512)[..., ::-1]
        grams = judge(style)["style"]
        assert _apart(judge(fast.stylize(photograph, style)), grams) < 0.25 * _apart(judge(photograph), grams), name


def test_a_few_steps_do_more_than_as_many_from_the_content(quarter_network):
    """With the style's colours and a look at half the size before, eight evaluations go further than by themselves."""
    content, style = gallery.load("chelsea", 192), gallery.load("swirls", 192)
    settings = few_steps.DEEP.replace(optimizer="lbfgs", steps=8)
    run = stylize(content, style, settings, quarter_network)
    assert len(list(run)) == 8
    judge = StyleContentModel(settings.style_layers, settings.content_layers, quarter_network)
    targets = {"style": judge(style)["style"], "content": judge(content)["content"]}
    made = fast.stylize(content, style, network=fast.FewSteps())
    few, plain = (style_content_loss(judge(image), targets, settings, image) for image in (made, run.image))
    assert few["total"] < 0.7 * plain["total"] and few["style"] < 0.3 * plain["style"]


def test_strokes_grow_with_a_large_picture_and_its_details_stay(photo):
    """Beyond 512 pixels a picture gets what changed at 512, enlarged."""
    style, large = gallery.load("swirls", 128), images.resize(photo, size=(512, 768)) * np.float32(0.8)
    checks = np.float32(0.1) * (np.indices((512, 768)).sum(0) % 2)[None, ..., None]
    painter = fast.FewSteps()
    smooth, fine = (fast.stylize(image, style, max_dim=None, network=painter) for image in (large, large + checks))
    small = fast.stylize(large, style, max_dim=512, network=painter)
    assert fine.shape == large.shape and small.shape == (1, 341, 512, 3)
    assert np.abs(images.resize(smooth, size=small.shape[1:3]) - small).mean() < 0.07
    steps = [np.abs(np.diff(image, axis=2)).mean() for image in (fine, smooth)]
    assert steps[0] > 2 * steps[1]


@pytest.mark.parametrize("made", [fast.arbitrary_network, fast.FewSteps])
def test_pictures_of_style_blend(photo, made):
    styles, painter = [gallery.load(name, 64) for name in ("swirls", "mosaic")], made()
    first, mixed = (fast.stylize(photo, styles, blend=blend, network=painter) for blend in ((1, 0), (3, 1)))
    np.testing.assert_allclose(first, fast.stylize(photo, styles[0], network=painter), atol=1e-4)
    assert np.abs(first - mixed).mean() > 0.01
    with pytest.raises(SettingsError, match="style_blend"):
        fast.stylize(photo, styles, blend=(1, 2, 3))


@pytest.mark.parametrize("made", [fast.arbitrary_network, fast.FewSteps])
def test_a_style_is_read_once_for_many_pictures(photo, monkeypatch, made):
    """Blends of what was read are those of the pictures, whose features nobody computes again."""
    painter, styles = made(), [gallery.load(name, 64) for name in ("swirls", "mosaic")]
    alone = fast.stylize(photo, styles[0], network=painter)
    even, uneven = (fast.stylize(photo, styles, 0.5, blend=blend, network=painter) for blend in (None, (3, 1)))
    kept = [fast.read(style, network=painter) for style in styles]
    again = [fast.stylize(photo, style) for style in kept]
    grams = few_steps.Aims._grams_of

    def of_aims(aims, style, level):
        assert isinstance(style, few_steps.Aims)
        return grams(aims, style, level)

    monkeypatch.setattr(few_steps.Aims, "_grams_of", of_aims)
    monkeypatch.setattr(fast.arbitrary_network(), "_read", None)
    np.testing.assert_allclose(again[0], alone, atol=1e-4)
    np.testing.assert_allclose(fast.stylize(photo, fast.read(kept), 0.5), even, atol=1e-4)
    np.testing.assert_allclose(fast.stylize(photo, kept, 0.5, blend=(3, 1)), uneven, atol=1e-4)


def test_what_was_read_belongs_to_its_network(two, photo):
    """Names are read, too; a style that was read goes to no other network."""
    waves = fast.read("waves", two)
    np.testing.assert_array_equal(fast.stylize(photo, waves), fast.stylize(photo, "waves", network=two))
    np.testing.assert_array_equal(fast.stylize(photo, fast.read(two)), two(photo))
    for wrong in ({"network": fast.arbitrary_network()}, {"blend": (1, 2)}):
        with pytest.raises(SettingsError):
            fast.stylize(photo, waves, **wrong)
    with pytest.raises(SettingsError, match="read by another network"):
        fast.stylize(photo, [fast.read(photo), fast.read(photo, fast.FewSteps())])


def test_a_training_goes_on_from_its_checkpoint(tmp_path):
    unbroken = _pretraining(3)
    next(unbroken)
    unbroken.save(tmp_path / "check.npz")
    list(unbroken)
    again = _pretraining(3)
    again.resume(tmp_path / "check.npz")
    list(again)
    for name, array in unbroken.fast.arrays().items():
        np.testing.assert_array_equal(again.fast.arrays()[name], array)
    with pytest.raises(WeightsError, match="another training"):
        _pretraining(3, seed=1).resume(tmp_path / "check.npz")


def test_a_published_checkpoint_tells_of_its_training(tmp_path, monkeypatch):
    """Not of the command that publishes it, and of what came before it once."""
    steps = iter([2, 2, 3])

    def training(options, pictures):
        run = _pretraining(next(steps))
        run.batch = Supply(run.batch, 0)
        return run

    monkeypatch.setattr(fast_start, "training", training)
    given = ["gallery", "--out", str(tmp_path), "--work", str(tmp_path), "--paintings", "1", "--start", "packaged"]
    pretrain_fast.main([*given, "--side", "40", "--count", "2", "--halved", "--note", "Slowly."])
    trained = fast_publish.read(tmp_path, "gallery")
    assert trained["stages"][:-1] == fast_publish.stages("gallery")
    stage = {"steps": 2, "side": 40, "count": 2, "halved": True, "budget": 60}
    assert stage.items() <= trained["stages"][-1].items()
    pretrain_fast.main([*given, "--publish-only", "--minutes", "7"])
    assert fast_publish.read(tmp_path, "gallery") == trained
    monkeypatch.setattr(fast_publish, "stages", lambda kind: trained["stages"])  # it is packaged, and trained further
    pretrain_fast.main([*given, "--minutes", "7"])
    longer = fast_publish.read(tmp_path, "gallery")["stages"]
    assert len(longer) == len(trained["stages"]) and (longer[-1]["steps"], longer[-1]["budget"]) == (3, 7)


def test_what_is_published_is_read_back(two, photo, tmp_path):
    stage = {"seed": 0, "side": 192, "count": 4, "style_weight": 20.0, "steps": 10, "minutes": 1.0}
    stage |= {"peak": 2e-3, "budget": 1.0}
    later = stage | {"judges": ["embedded", "encoder"], "halved": True, "bfloat16": True, "backend": "jax"}
    later |= {"emphasis": {"waves": 2.0}}
    about = {"styles": ["waves", "stones"], "photographs": "a cat", "stages": [stage, later]}
    report = fast_publish.publish(tmp_path, "gallery", two, about)
    content = (tmp_path / "fast_gallery.npz").read_bytes()
    assert hashlib.sha256(content).hexdigest() == report["sha256"]
    again = networks.from_bytes(content, "it")
    assert np.abs(again(photo) - two(photo)).max() < 0.05
    row = {"style": "waves", "content": "cat", "fast": 0.3, "optimised": 0.2, "seconds": 1.0}
    row |= {"side": 512, "fast_content": 1, "optimised_content": 2}
    fast_publish.rewrite(tmp_path, "gallery", report | {"distances": [row]})
    card = (tmp_path / fast_publish.CARD).read_text()
    assert report["sha256"] in card and "10 steps of 4 crops" in card and "| 0.300 | 0.200 | 1.50 |" in card
    assert "judged by the embedded network,\nwith Keras on TensorFlow" in card
    assert "at half the size in bfloat16,\nwith Keras on JAX, the style's weight 2 times for waves" in card
    assert "--judges embedded PATH --halved --bfloat16 --emphasis waves=2 --start packaged" in card
