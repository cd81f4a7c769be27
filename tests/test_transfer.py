"""The run against TensorFlow's tutorial written again, and what it promises about stopping, changing and failing."""

import itertools
import sys
import threading
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import styletutor as st
from styletutor import edges, optimizers, strips, transfer, weights
from styletutor.errors import ImageError, LayerError, RunError, SettingsError

TUTORIAL = st.Settings.preset("tutorial", max_dim=64)
QUICK = st.Settings(max_dim=64, learning_rate=0.05, steps=50)


@pytest.fixture(scope="module")
def embedded():
    """The embedded network."""
    return st.load_vgg19("embedded")


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """A narrow VGG19 with seeded weights: quick, and the same whatever the embedded network is."""
    path = tmp_path_factory.mktemp("weights") / "narrow.npz"
    np.savez(path, **weights.seeded((4, 6, 8, 8, 8), seed=4).arrays)
    return st.load_vgg19(path, pooling="avg")


def picture(height=48, width=64, seed=0):
    """Smooth random blobs with some noise, as an image."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(0.1, 0.9, (1, 6, 8, 3)).astype("float32")
    smooth = st.images.resize(coarse, size=(height, width))
    return np.clip(smooth + rng.normal(0, 0.03, smooth.shape).astype("float32"), 0.05, 0.95)


CONTENT, STYLE = picture(seed=1), picture(64, 56, seed=2)


def finished(run, steps=None):
    """The steps that a run yields, all or so many."""
    return list(itertools.islice(run, steps))


def same(ours, theirs):
    """Two runs have done the same to the last bit: losses, and the image of the last step."""
    assert [s.losses for s in ours] == [s.losses for s in theirs]
    np.testing.assert_array_equal(ours[-1].image, theirs[-1].image)


# --- the model


def test_model_shapes(network):
    """The model gives a Gram matrix a style layer and features a content layer, in the order asked for."""
    model = st.StyleContentModel(("block3_conv1", "block1_conv1"), ("block4_conv2", "block3_conv1"), network)
    outputs = model(CONTENT)
    assert list(outputs) == ["style", "content"]
    assert {n: g.shape for n, g in outputs["style"].items()} == {"block3_conv1": (1, 8, 8), "block1_conv1": (1, 4, 4)}
    assert {n: f.shape for n, f in outputs["content"].items()} == {
        "block4_conv2": (1, 6, 8, 8),
        "block3_conv1": (1, 12, 16, 8),
    }


def test_model_is_the_extractor_and_the_gram_matrix(network):
    """Its outputs are the extractor's features, and the Gram matrices of them."""
    model = st.StyleContentModel(("block2_conv1",), ("block4_conv2",), network)
    features = st.feature_extractor(network, ("block2_conv1", "block4_conv2"))(CONTENT)
    outputs = model(CONTENT)
    np.testing.assert_allclose(outputs["content"]["block4_conv2"], features["block4_conv2"], rtol=1e-5)
    gram = st.gram_matrix(features["block2_conv1"])
    np.testing.assert_allclose(outputs["style"]["block2_conv1"], gram, rtol=1e-5)


def test_model_is_differentiable(network):
    """The gradient of its outputs reaches the image."""
    model = st.StyleContentModel(("block2_conv1",), (), network)
    image = tf.constant(CONTENT)
    with tf.GradientTape() as tape:
        tape.watch(image)
        loss = tf.reduce_sum(model(image)["style"]["block2_conv1"])
    assert np.abs(tape.gradient(loss, image)).max() > 0


def test_model_with_an_unknown_layer(network):
    """An unknown layer is a LayerError."""
    with pytest.raises(LayerError, match="block9"):
        st.StyleContentModel(("block9_conv1",), (), network)


def test_compiled_once_for_all_sizes_and_weights(network):
    """Two sizes and three sets of weights are one trace: moving a slider builds no new graph."""
    runs = [st.stylize(CONTENT, STYLE, QUICK, network), st.stylize(picture(40, 33), STYLE, QUICK, network)]
    for run in runs:
        assert run.model is runs[0].model
        for weight in (1.0, 30.0, 4):
            run.update(style_weight=weight, tv_weight=weight / 100, layer_weights={"block1_conv1": weight})
            next(run)
    assert runs[0].model.compiled_loss(True, False).experimental_get_tracing_count() == 1


# --- against the tutorial


def tutorial_by_hand(network, content, style, steps, tv_weight=0.0):
    """TensorFlow's tutorial in plain Keras and TensorFlow: the losses and the picture after so many steps."""
    style_layers = [f"block{b}_conv1" for b in range(1, 6)]
    outputs = [network.get_layer(name).output for name in [*style_layers, "block5_conv2"]]
    extractor = keras.Model(network.input, outputs)

    def grams_and_features(image):
        bgr = tf.reverse(image * 255.0, [-1]) - tf.constant([103.939, 116.779, 123.68])
        *styles, features = extractor(bgr)
        area = [tf.cast(tf.shape(s)[1] * tf.shape(s)[2], tf.float32) for s in styles]
        return [tf.einsum("bijc,bijd->bcd", s, s) / n for s, n in zip(styles, area, strict=True)], features

    style_targets, _ = grams_and_features(tf.constant(style))
    _, content_target = grams_and_features(tf.constant(content))
    image, losses = tf.Variable(content), []
    optimizer = keras.optimizers.Adam(learning_rate=0.02, beta_1=0.99, epsilon=1e-1)
    for _ in range(steps):
        with tf.GradientTape() as tape:
            grams, features = grams_and_features(image)
            pairs = zip(grams, style_targets, strict=True)
            loss = 1e-2 / 5 * tf.add_n([tf.reduce_mean((g - t) ** 2) for g, t in pairs])
            loss += 1e4 / 1 * tf.reduce_mean((features - content_target) ** 2)
            loss += tv_weight * tf.reduce_sum(tf.image.total_variation(image))
        optimizer.apply_gradients([(tape.gradient(loss, image), image)])
        image.assign(tf.clip_by_value(image, 0.0, 1.0))
        losses.append(float(loss))
    return losses, image.numpy()


@pytest.mark.parametrize("tv_weight", [0, 30])
def test_the_tutorial_is_the_tutorial(embedded, tv_weight):
    """Three steps of the preset give the losses and the picture of the tutorial's own loop, written independently."""
    run = st.stylize(CONTENT, STYLE, TUTORIAL.replace(tv_weight=tv_weight), embedded)
    steps = finished(run, 3)
    losses, image = tutorial_by_hand(embedded, CONTENT, STYLE, 3, tv_weight)
    np.testing.assert_allclose([s.losses["total"] for s in steps], losses, rtol=1e-4)
    np.testing.assert_allclose(steps[-1].image, image, atol=2e-4)
    assert np.abs(image - CONTENT).max() > 0.01


def test_targets_are_the_models(network):
    """The first step's loss is style_content_loss of the content picture, with either way of weighing."""
    for settings in (QUICK.replace(tv_weight=1), TUTORIAL.replace(tv_weight=30)):
        run = st.stylize(CONTENT, STYLE, settings, network)
        model = st.StyleContentModel(settings.style_layers, settings.content_layers, network)
        targets = {"style": model(STYLE)["style"], "content": model(CONTENT)["content"]}
        expected = st.style_content_loss(model(CONTENT), targets, settings, CONTENT)
        losses = next(run).losses
        assert set(losses) == set(expected)
        for name, value in expected.items():
            assert losses[name] == pytest.approx(float(value), rel=1e-4, abs=1e-6), name


# --- what a run yields


@pytest.mark.parametrize("changes", [{}, {"optimizer": "lbfgs"}, {"init": "noise"}, {"optimizer": "sgd"}])
def test_the_loss_falls(embedded, changes):
    """Thirty steps on the embedded network lower the loss of the present picture by more than a tenth."""
    settings = QUICK.replace(**changes)
    run = st.stylize(CONTENT, STYLE, settings, embedded)
    first = run.losses["total"]
    finished(run, 30)
    assert min(run.losses["total"], min(h["total"] for h in run.history)) < 0.9 * first


def test_steps_are_records(network):
    """A step has its number, picture, losses as floats and the seconds so far; the history keeps the losses."""
    run = st.stylize(CONTENT, STYLE, QUICK.replace(steps=4), network)
    steps = finished(run)
    assert [s.number for s in steps] == [1, 2, 3, 4]
    assert {(s.image.shape, s.image.dtype.name, s.scale) for s in steps} == {((1, 48, 64, 3), "float32", 0)}
    assert all(s.image.min() >= 0 and s.image.max() <= 1 for s in steps)
    assert {type(v) for s in steps for v in s.losses.values()} == {float}
    seconds = [s.seconds for s in steps]
    assert seconds == sorted(seconds) and seconds[0] > 0
    assert run.history == [s.losses for s in steps]
    assert run.number == 4
    with pytest.raises(StopIteration):
        next(run)


def test_pictures_of_past_steps_stay(network):
    """A step's picture does not change when the run goes on, so that past pictures can be kept."""
    run = st.stylize(CONTENT, STYLE, QUICK, network)
    step = next(run)
    kept = step.image.copy()
    finished(run, 3)
    np.testing.assert_array_equal(step.image, kept)
    assert not np.array_equal(step.image, run.image)


def loss_of(run, image):
    """The total loss of an image under a run's settings, worked out apart from the run."""
    model = st.StyleContentModel(run.settings.style_layers, run.settings.content_layers, run.network)
    targets = {"style": model(run.style)["style"], "content": model(run.content)["content"]}
    return float(st.style_content_loss(model(image), targets, run.settings, image)["total"])


def test_image_is_the_best_so_far(network):
    """With a rate so large that the loss jumps, run.image is better than every picture evaluated and than the last."""
    run = st.stylize(CONTENT, STYLE, QUICK.replace(learning_rate=0.5, init="noise"), network)
    steps = finished(run, 12)
    totals = [h["total"] for h in run.history]
    assert max(np.diff(totals)) > 0  # it does jump
    best = loss_of(run, run.image)
    assert best <= min(totals) * (1 + 1e-5)
    assert best <= loss_of(run, steps[-1].image) * (1 + 1e-5)
    assert best == pytest.approx(min(*totals, run.losses["total"]), rel=1e-4)


def test_image_before_the_first_step(network):
    """Before any step run.image is the picture that the run starts from."""
    np.testing.assert_array_equal(st.stylize(CONTENT, STYLE, QUICK, network).image, CONTENT)


def test_looking_changes_nothing(network):
    """Asking for run.image and run.losses between steps leaves the run as it would have been."""
    plain, watched = (st.stylize(CONTENT, STYLE, QUICK, network) for _ in range(2))
    theirs, ours = finished(plain, 5), []
    for step in watched:
        ours.append(step)
        assert np.isfinite(watched.losses["total"])
        assert np.isfinite(watched.image).all()
        if step.number == 5:
            break
    same(ours, theirs)


# --- determinism


@pytest.mark.parametrize("changes", [{}, {"init": "noise", "seed": 3}, {"optimizer": "lbfgs"}, {"scales": 1}])
def test_F62_the_same_again(network, changes):
    """The same settings and seed give the same picture to the last bit."""
    settings = QUICK.replace(**changes)
    runs = [finished(st.stylize(CONTENT, STYLE, settings, network), 4) for _ in range(2)]
    same(*runs)


def test_noise_follows_the_seed(network):
    """Starting from noise the picture is uniform in [0, 1], the same for one seed and another for another."""
    starts = [st.stylize(CONTENT, STYLE, QUICK.replace(init="noise", seed=s), network).image for s in (1, 1, 2)]
    np.testing.assert_array_equal(starts[0], starts[1])
    assert np.abs(starts[0] - starts[2]).mean() == pytest.approx(1 / 3, abs=0.02)
    assert starts[0].mean() == pytest.approx(1 / 2, abs=0.02)
    assert starts[0].shape == CONTENT.shape


def test_starting_from_the_style(network):
    """With init="style" the run starts from the style picture at the content picture's size."""
    run = st.stylize(CONTENT, STYLE, QUICK.replace(init="style"), network)
    np.testing.assert_array_equal(run.image, st.images.resize(STYLE, size=(48, 64)))


def test_F62_two_runs_at_once_do_not_mix(network):
    """Two runs in two threads give each the same as alone."""
    makers = [
        lambda: st.stylize(CONTENT, STYLE, QUICK, network),
        lambda: st.stylize(STYLE, CONTENT, QUICK.replace(style_weight=3, init="noise"), network),
    ]
    alone = [finished(make(), 6) for make in makers]
    together = [None, None]

    def work(i):
        together[i] = finished(makers[i](), 6)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for ours, theirs in zip(together, alone, strict=True):
        same(ours, theirs)


# --- leaving, interrupting, going on


@pytest.mark.parametrize("changes", [{}, {"optimizer": "lbfgs"}, {"optimizer": "sgd", "beta_1": 0.5}, {"scales": 2}])
def test_F50_leaving_the_loop_loses_nothing(network, changes):
    """Leaving the loop and iterating again gives exactly what an unbroken run gives."""
    settings = QUICK.replace(max_dim=64, steps=8, **changes)
    unbroken = finished(st.stylize(picture(64, 64), STYLE, settings, network))
    run, broken = st.stylize(picture(64, 64), STYLE, settings, network), []
    for _ in range(4):
        for step in run:
            broken.append(step)
            if len(broken) % 3 == 0:
                break
    assert len(broken) == 8
    assert max(np.abs(a.image - b.image).max() for a, b in zip(broken, unbroken, strict=True)) == 0
    same(broken, unbroken)


RUNS_CODE = {str(Path(module.__file__)) for module in (edges, transfer, optimizers)}


class Interrupter:
    """Raises KeyboardInterrupt at the n-th line that the code of the run and its optimiser comes to, once."""

    def __init__(self, line):
        self.left = line

    def __call__(self, frame, event, _):
        if frame.f_code.co_filename not in RUNS_CODE or "StyleContentModel" in frame.f_code.co_qualname:
            return None
        if event == "line":
            self.left -= 1
            if self.left == 0:
                sys.settrace(None)
                raise KeyboardInterrupt
        return self

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self)

    def __exit__(self, *_):
        sys.settrace(self.before)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs", "sgd"])
def test_F50_ctrl_c_at_any_line_loses_nothing(network, optimizer, monkeypatch):
    """Interrupted at each line of a step in turn, and iterated again, a run does what it would have done unbroken.

    It is done for the first step, the one that enlarges the picture and a later one. Targets of a picture that has
    been looked at already are looked up: the enlarging step is done again at each line.
    """
    outputs, seen = strips.outputs, {}

    def looked_up(model, image, guides):
        key = np.asarray(image).tobytes()
        if key not in seen:
            seen[key] = outputs(model, image, guides)
        return seen[key]

    monkeypatch.setattr(strips, "outputs", looked_up)
    settings = QUICK.replace(optimizer=optimizer, steps=40, scales=2, tv_weight=0.1, margin=4)
    unbroken, run = (st.stylize(picture(64, 64), STYLE, settings, network) for _ in range(2))
    for first in (0, 20, 30):
        finished(run, max(0, first - run.number))
        start = run.number
        for line in itertools.count(1):
            try:
                with Interrupter(line):
                    next(run)
            except KeyboardInterrupt:
                pass
            if run.number > start:  # uninterrupted, or by the last line interrupted when it was done
                break
        assert run.number == start + 1 and line > 15
    finished(unbroken, run.number)
    assert run.history == unbroken.history
    np.testing.assert_array_equal(run.image, unbroken.image)


def test_F50_ctrl_c_inside_the_optimiser(network, monkeypatch):
    """An optimiser that is interrupted halfway, its moments changed, is as it was before the step."""
    run, unbroken = (st.stylize(CONTENT, STYLE, QUICK, network) for _ in range(2))
    theirs, ours = finished(unbroken, 6), finished(run, 3)
    tell = optimizers.Adam.tell

    def interrupted(self, *arguments):
        tell(self, *arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(optimizers.Adam, "tell", interrupted)
        before = run.image
        with pytest.raises(KeyboardInterrupt):
            next(run)
    assert (run.number, len(run.history)) == (3, 3)
    np.testing.assert_array_equal(run.image, before)
    same(ours + finished(run, 3), theirs)


# --- changing a run


def test_update_takes_effect_at_the_next_step(network):
    """A changed weight scales its term of the very next step's losses."""
    run = st.stylize(CONTENT, STYLE, QUICK, network)
    finished(run, 2)
    before = run.losses
    run.update(style_weight=QUICK.style_weight * 7)
    after = next(run).losses
    for name, value in before.items():
        if name.startswith("style"):
            assert after[name] == pytest.approx(7 * value, rel=1e-5), name
    assert after["content"] == pytest.approx(before["content"], rel=1e-5)
    assert run.settings.style_weight == QUICK.style_weight * 7


def test_lbfgs_forgets_when_weights_change(network):
    """What was learnt of the old loss's curvature is dropped at once."""
    run = st.stylize(CONTENT, STYLE, QUICK.replace(optimizer="lbfgs"), network)
    finished(run, 4)
    assert run._optimizer.pairs
    run.update(style_weight=QUICK.style_weight * 7)
    assert not run._optimizer.pairs


def test_a_step_is_one_pass_and_ends_at_the_deepest_layer(network):
    """The compiled loss has each convolution down to block3_conv2 once, forwards and back, and no other."""
    model = st.StyleContentModel(("block1_conv1", "block2_conv1"), ("block3_conv2",), network)
    graph = model.compiled_loss(True).get_concrete_function().graph
    kinds = [operation.type for operation in graph.get_operations()]
    assert kinds.count("Conv2D") == 6
    assert kinds.count("Conv2DBackpropInput") == 6


def test_targets_are_computed_once(network, monkeypatch):
    """The content's features and the style's Gram matrices are asked for before the first step, and never again."""
    asked, outputs = [], strips.outputs
    monkeypatch.setattr(strips, "outputs", lambda *given: asked.append(given[1].shape) or outputs(*given))
    run = st.stylize(CONTENT, STYLE, QUICK, network)
    finished(run, 3)
    run.update(style_weight=QUICK.style_weight * 2)
    finished(run, 2)
    assert len(asked) == 2


def test_many_losses_in_turn_stay_compiled(network):
    """However many models there are, each keeps its loss."""
    models = [st.StyleContentModel("block1_conv1", f"block{n}_conv1", network) for n in range(1, 6)]
    first = [model.compiled_loss(True) for model in models]
    assert all(model.compiled_loss(True) is loss for model, loss in zip(models, first, strict=True))


def test_update_of_the_rate(network):
    """With a learning rate as good as 0 the next step stands still; with the old one again it goes on."""
    run = st.stylize(CONTENT, STYLE, QUICK, network)
    second = finished(run, 2)[-1].image
    run.update(learning_rate=1e-9)
    np.testing.assert_allclose(next(run).image, second, atol=1e-6)
    run.update(learning_rate=0.05)
    assert np.abs(next(run).image - second).max() > 1e-3


def test_update_of_the_steps(network):
    """A run that is over goes on when it is given more steps, and ends at once when it is given fewer."""
    run = st.stylize(CONTENT, STYLE, QUICK.replace(steps=2), network)
    assert len(finished(run)) == 2
    run.update(steps=5)
    assert [s.number for s in finished(run, 2)] == [3, 4]
    run.update(steps=1)
    assert finished(run) == []


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_update_to_the_same_changes_nothing(network, optimizer):
    """Setting weights to what they are leaves the run as it was."""
    settings = QUICK.replace(optimizer=optimizer)
    run, unbroken = (st.stylize(CONTENT, STYLE, settings, network) for _ in range(2))
    ours = finished(run, 3)
    run.update(style_weight=settings.style_weight, steps=40)
    same(ours + finished(run, 3), finished(unbroken, 6))


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "sgd"},
        {"style_weight": 3, "max_dim": 128},
        {"style_weight": 3, "tv_weight": -1},
        {"style_weight": 3, "learning_rate": float("nan")},
        {"style_weight": 3, "layer_weights": {"block9": 1}},
        {"style_wieght": 3},
    ],
)
def test_F60_update_refuses_whole(network, changes):
    """A fixed setting, a bad value or an unknown name is refused, and what came with it is not done either."""
    run, unbroken = (st.stylize(CONTENT, STYLE, QUICK, network) for _ in range(2))
    ours = finished(run, 2)
    with pytest.raises(SettingsError):
        run.update(**changes)
    assert run.settings == QUICK
    same(ours + finished(run, 2), finished(unbroken, 4))


def test_image_is_the_best_under_the_present_weights(network):
    """After a change of weights run.image is not the picture whose loss was low under the old ones."""
    run = st.stylize(CONTENT, STYLE, QUICK.replace(style_weight=0), network)
    finished(run, 2)
    assert run.losses["total"] == 0  # the content picture can't be beaten, while style doesn't count
    run.update(style_weight=100)
    finished(run, 8)
    since = [h["total"] for h in run.history[2:]]
    assert loss_of(run, run.image) <= min(since) * (1 + 1e-5)
    assert loss_of(run, run.image) < 0.9 * since[0]


# --- the pyramid


def test_pyramid_sizes(network):
    """Each level is half the next, levels too small for the network are left out, and steps are shared out evenly."""
    settings = st.Settings(max_dim=128, scales=4, steps=6)
    steps = finished(st.stylize(picture(96, 128), picture(128, 128), settings, network))
    assert [s.scale for s in steps] == [0, 0, 0, 1, 1, 1]
    assert [s.image.shape[1:3] for s in steps] == [(48, 64)] * 3 + [(96, 128)] * 3
    assert [s.number for s in steps] == [1, 2, 3, 4, 5, 6]


def test_next_level_starts_from_the_best_enlarged(network):
    """The first picture of a level is the best of the one before, enlarged."""
    settings = st.Settings(max_dim=128, scales=2, steps=4, learning_rate=1e-9)
    steps = finished(st.stylize(picture(128, 128), STYLE, settings, network))
    enlarged = st.images.resize(st.images.resize(picture(128, 128), size=(64, 64)), size=(128, 128))
    np.testing.assert_allclose(steps[2].image, enlarged, atol=1e-5)


def test_update_between_two_levels(network):
    """Changing a weight at the very step where a level ends goes on with the next level."""
    run = st.stylize(picture(128, 128), STYLE, st.Settings(max_dim=128, scales=2, steps=4), network)
    finished(run, 2)
    run.update(style_weight=3)
    assert [s.scale for s in run] == [1, 1]


@pytest.mark.parametrize("steps", [1, 2])
def test_fewer_steps_than_levels(network, steps):
    """With fewer steps than levels, from the start or by an update, the last level still has the last step."""
    settings = st.Settings(max_dim=128, scales=3, steps=steps)
    assert finished(st.stylize(picture(128, 128), STYLE, settings, network))[-1].image.shape == (1, 128, 128, 3)
    run = st.stylize(picture(128, 128), STYLE, settings.replace(steps=30), network)
    next(run)
    run.update(steps=1 + steps)
    assert finished(run)[-1].image.shape == (1, 128, 128, 3)


def test_narrow_style_in_a_pyramid(network):
    """A style picture that is large enough by itself is not made too small by the pyramid."""
    settings = st.Settings(max_dim=128, scales=2, steps=2)
    steps = finished(st.stylize(picture(128, 128), picture(40, 128), settings, network))
    assert [s.scale for s in steps] == [0, 1]


# --- colour


def yiq(image):
    """Luminance and the two chrominances of the NTSC standard, as Gatys et al. use them."""
    matrix = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
    return image @ matrix.T


def test_preserve_colour_keeps_the_chrominance(network):
    """The result has the content picture's chrominance and the stylized one's luminance, where nothing is clipped."""
    settings = QUICK.replace(preserve_colour=True)
    plain = finished(st.stylize(CONTENT, STYLE, QUICK, network), 4)[-1].image
    run = st.stylize(CONTENT, STYLE, settings, network)
    kept = finished(run, 4)[-1].image
    inside = ((kept > 0) & (kept < 1)).all(-1)
    assert inside.mean() > 0.5
    np.testing.assert_allclose(yiq(kept)[inside][:, 1:], yiq(CONTENT)[inside][:, 1:], atol=2e-3)
    np.testing.assert_allclose(yiq(kept)[inside][:, 0], yiq(plain)[inside][:, 0], atol=2e-3)
    assert np.abs(yiq(plain)[..., 1:] - yiq(CONTENT)[..., 1:]).max() > 0.02
    assert run.image.shape == CONTENT.shape


# --- what fails


# Squares of Gram matrices times 1e24 pass float32's 3.4e38. Nothing that one slider can reach.
OVERFLOW = {"style_weight": 1e12, "layer_weights": {"block4_conv1": 1e12}}


@pytest.fixture(scope="module")
def loud(tmp_path_factory):
    """The narrow network with activations ten thousand times as large."""
    path = tmp_path_factory.mktemp("weights") / "loud.npz"
    arrays = weights.seeded((4, 6, 8, 8, 8), seed=4).arrays
    np.savez(path, **arrays | {"block1_conv1/kernel": arrays["block1_conv1/kernel"] * 1e4})
    return st.load_vgg19(path, pooling="avg")


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs", "sgd"])
def test_F51_a_loss_that_is_not_finite(loud, optimizer):
    """The step that would break names itself, the term and what to lower; the picture stays, and the run can go on."""
    run = st.stylize(CONTENT * 0.1, STYLE, TUTORIAL.replace(optimizer=optimizer), loud)
    finished(run, 2)
    run.update(**OVERFLOW)
    for _ in range(2):
        with pytest.raises(RunError, match=r"Step 3: the style/block4_conv1 loss is not finite.*lower") as error:
            next(run)
        assert "\n" not in str(error.value)
        assert isinstance(error.value, ArithmeticError)
        assert np.isfinite(run.image).all()
    assert (run.number, len(run.history)) == (2, 2)
    run.update(style_weight=1e-2, layer_weights=None)
    assert [s.number for s in finished(run, 2)] == [3, 4]


def test_F51_a_loss_that_is_not_finite_from_the_start(loud):
    """A run whose very first loss overflows has the picture it started from."""
    run = st.stylize(CONTENT * 0.1, STYLE, TUTORIAL.replace(**OVERFLOW), loud)
    with pytest.raises(RunError, match="Step 1"):
        next(run)
    np.testing.assert_array_equal(run.image, CONTENT * np.float32(0.1))


@pytest.mark.parametrize(
    "changes", [{"learning_rate": 1e6}, {"style_weight": 1e12}, {"content_weight": 1e12}, {"tv_weight": 1e12}]
)
@pytest.mark.parametrize("relative", [True, False])
def test_a_single_extreme_setting_is_survived(network, changes, relative):
    """The largest learning rate and the largest weights that are allowed leave a finite picture in [0, 1]."""
    run = st.stylize(CONTENT, STYLE, TUTORIAL.replace(relative=relative, **changes), network)
    for step in finished(run, 3):
        assert step.image.min() >= 0 and step.image.max() <= 1
    assert np.isfinite(run.image).all()


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0, "ImageNet's mean"])
def test_F12_flat_pictures(network, value):
    """Flat pictures, as content and as style, give finite losses and pictures; of one all features are 0."""
    colour = np.float32([123.68, 116.779, 103.939]) / 255 if isinstance(value, str) else value
    flat = np.full((1, 40, 40, 3), colour, "float32")
    for content, style in ((flat, STYLE), (CONTENT, flat), (flat, flat)):
        run = st.stylize(content, style, QUICK.replace(tv_weight=1), network)
        for step in finished(run, 3):
            assert np.isfinite(list(step.losses.values())).all()
            assert np.isfinite(step.image).all()


@pytest.mark.parametrize(("content", "style"), [((31, 64), (64, 64)), ((64, 64), (64, 20)), ((64, 1000), (64, 64))])
def test_F07_pictures_too_small_for_the_network(network, content, style):
    """A side under 32 pixels, of either picture, as it is or after scaling, is refused before the first step."""
    with pytest.raises(ImageError, match="at least 32"):
        st.stylize(picture(*content), picture(*style), QUICK.replace(max_dim=512 if content[1] < 100 else 64), network)


def test_pictures_in_any_form(network, tmp_path):
    """Content and style may be whatever load_image takes; both come down to max_dim."""
    path = st.save_image(picture(90, 120), tmp_path / "content.png")
    from_file = st.stylize(path, str(path), QUICK, network)
    from_array = st.stylize(st.load_image(path, 64), st.load_image(path, None), QUICK, network)
    assert from_file.content.shape == from_array.style.shape == (1, 48, 64, 3)
    same(finished(from_file, 2), finished(from_array, 2))
    with pytest.raises(ImageError, match="no file"):
        st.stylize(tmp_path / "missing.png", STYLE, QUICK, network)
    with pytest.raises(ImageError, match=r"\[0, 1\]"):
        st.stylize(CONTENT * 255, STYLE, QUICK, network)


def test_the_picture_given_stays(network):
    """A run changes neither of the pictures that it was given."""
    content, style = CONTENT.copy(), STYLE.copy()
    finished(st.stylize(content, style, QUICK, network), 3)
    np.testing.assert_array_equal(content, CONTENT)
    np.testing.assert_array_equal(style, STYLE)


def test_settings_choose_the_variant(embedded):
    """Pooling and precision of the settings reach the network; None means as it was trained."""
    run = st.stylize(CONTENT, STYLE, QUICK.replace(pooling="max", precision="bfloat16"), embedded)
    assert (run.network.pooling, run.network.precision) == ("max", "bfloat16")
    assert st.stylize(CONTENT, STYLE, QUICK, embedded).network is embedded
