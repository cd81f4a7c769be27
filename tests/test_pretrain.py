"""The embedded network's making: pictures, teacher, training, folding, calibration, what is published."""

import hashlib
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from scipy.signal import correlate2d

from styletutor import atomic, backend, packaged, vgg19, weights
from styletutor.errors import SaveError, WeightsError
from styletutor.pace import Budget
from styletutor.pretrain import __main__ as main
from styletutor.pretrain import calibrate, card, fast, measure, publish, rehearsal, student, teacher, train
from styletutor.pretrain.pictures import Pictures, photographs
from styletutor.pretrain.supply import Supply
from styletutor.settings import Settings

WIDTHS = (4, 4, 6, 6, 6)


def fake_encoder(seed=0):
    """Arrays in the encoder's format, narrow and random."""
    rng, channels = np.random.default_rng(seed), 3
    arrays = {"conv0.weight": np.zeros((3, 3, 1, 1), "float32"), "conv0.bias": rng.normal(-110, 9, 3)}
    arrays["conv0.weight"][[0, 1, 2], [2, 1, 0]] = 255
    for name in teacher.ENCODER_LAYERS:
        width = WIDTHS[int(name[4]) - 1]
        scale = (2 / (9 * channels)) ** 0.5 / (60 if name == "conv11" else 1)
        arrays[f"{name}.weight"] = rng.normal(0, scale, (width, channels, 3, 3))
        arrays[f"{name}.bias"] = rng.normal(0, 0.1, width)
        if name.endswith("1"):
            arrays[f"{name}_aux.weight"] = rng.normal(0, 0.7, (8, width, 1, 1))
            arrays[f"{name}_aux.bias"] = rng.normal(0, 0.1, 8)
        channels = width
    return {name: array.astype("float32") for name, array in arrays.items()}


@pytest.fixture(scope="module")
def encoder_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("teacher") / "encoder.npz"
    np.savez(path, **fake_encoder())
    return path


class Noise:
    """Pictures without pictures: the batch of a step is seeded noise with a gradient."""

    def batch(self, step):
        rng = np.random.default_rng(step)
        ramp = np.linspace(0, 1, 32, dtype="float32")[:, None]
        return (0.5 * rng.random((8, 32, 32, 3)) + 0.5 * ramp).astype("float32")

    def crop(self, rng, side, procedural):
        coarse = rng.random((4, 4, 3)).repeat(side // 4, 0).repeat(side // 4, 1)
        return (0.2 * rng.random((side, side, 3)) + 0.8 * coarse).astype("float32")

    def plain(self, count, side):
        return [self.crop(np.random.default_rng(i), side, False)[None] for i in range(count)]


def training(encoder_file, checkpoint, seed=0, start=None):
    return train.Training(encoder_file, Noise(), checkpoint, seed, widths=WIDTHS, compiled=False, start=start)


@pytest.fixture(scope="module")
def trained(encoder_file, tmp_path_factory):
    """An unbroken run of 12 steps, its losses, and the checkpoint that it left at step 6."""
    checkpoint = tmp_path_factory.mktemp("run") / "checkpoint.npz"
    run, losses, budget = training(encoder_file, checkpoint), [], Budget(steps=12)

    def report(state, share):
        losses.append(state.loss)
        if state.step == 6:
            state.save()
            checkpoint.rename(checkpoint.with_name("half.npz"))

    run.run(budget, report)
    return run, losses, checkpoint.with_name("half.npz")


@pytest.fixture(scope="module")
def pictures():
    return Pictures(seed=3, procedural=24, side=96)


def test_photographs_need_no_download_and_are_coloured():
    found = photographs()
    assert len(found) >= 12
    assert sum(np.ptp(np.asarray(p), axis=-1).mean() > 10 for p in found) >= 6


def test_batches_are_the_same_for_the_same_seed(pictures):
    again = Pictures(seed=3, procedural=24, side=96)
    np.testing.assert_array_equal(pictures.batch(7), again.batch(7))
    again.seed = 4
    other = again.batch(7)
    assert other.shape != pictures.batch(7).shape or not np.array_equal(other, pictures.batch(7))


def test_batches_are_images_and_differ(pictures):
    sizes = set()
    for step in range(12):
        batch = pictures.batch(step)
        assert batch.dtype == np.float32 and batch.min() >= 0 and batch.max() <= 1
        sizes.add(batch.shape[1])
        assert batch.mean((1, 2)).std(0).min() > 0.03  # the pictures' mean colours spread
    assert sizes == {64, 96, 128}


def test_paintings_are_varied(pictures):
    spread = pictures.paintings.std((1, 2)).mean(-1)
    assert spread.min() < 25 and spread.max() > 60  # plain ones and busy ones, of 255 levels


def test_paintings_are_kept_for_the_next_time(tmp_path, monkeypatch):
    first = Pictures(seed=1, procedural=2, side=64, cache=tmp_path)
    monkeypatch.setattr("styletutor.pretrain.paint.picture", None)
    np.testing.assert_array_equal(Pictures(seed=1, procedural=2, side=64, cache=tmp_path).paintings, first.paintings)


def test_damaged_or_other_paintings_are_painted_again(tmp_path):
    first = Pictures(seed=1, procedural=2, side=64, cache=tmp_path).paintings
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    for content in (whole[:-99], b"", b"no array"):
        file.write_bytes(content)
        np.testing.assert_array_equal(Pictures(seed=1, procedural=2, side=64, cache=tmp_path).paintings, first)
        assert file.read_bytes() == whole
    np.save(file, first[:1])
    assert len(Pictures(seed=1, procedural=2, side=64, cache=tmp_path).paintings) == 2


def test_paintings_that_find_no_place_are_named(tmp_path):
    (tmp_path / "taken").write_bytes(b"a file")
    with pytest.raises(SaveError, match=r"paintings-1-2-64.npy can't be written: .*bytes are needed"):
        Pictures(seed=1, procedural=2, side=64, cache=tmp_path / "taken")


def test_encoder_against_scipy(encoder_file):
    """relu1_1 and its head, from conv0 on, in the encoder's own order of axes."""
    arrays = fake_encoder()
    image = np.random.default_rng(1).random((1, 33, 40, 3)).astype("float32")
    x = np.einsum("nhwc,oc->onhw", image, arrays["conv0.weight"][:, :, 0, 0])[:, 0]
    x = np.pad(x + arrays["conv0.bias"][:, None, None], ((0, 0), (1, 1), (1, 1)), mode="reflect")
    rows = [sum(correlate2d(x[c], k[c], "valid") for c in range(3)) for k in arrays["conv11.weight"]]
    relu = np.maximum(np.stack(rows, -1) + arrays["conv11.bias"], 0)
    head = np.maximum(relu @ arrays["conv11_aux.weight"][:, :, 0, 0].T + arrays["conv11_aux.bias"], 0)
    found = teacher.load(encoder_file)(image)
    np.testing.assert_allclose(found["conv11"][0], relu, atol=1e-3)
    np.testing.assert_allclose(found["aux1"][0], head, atol=1e-3)
    assert found["aux5"].shape == (1, 2, 2, 8)


def test_a_file_that_is_no_teacher_is_named(tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, a=1)
    for content in (path.read_bytes(), path.read_bytes()[:-99], b"no archive"):
        path.write_bytes(content)
        with pytest.raises(WeightsError, match=r"other\.npz.*imagenet"):
            teacher.load(path)


def test_relative_error_by_hand():
    target = np.ones((2, 1, 1, 1), "float32") * np.array([1, 3], "float32")[:, None, None, None]
    # powers 1 and 9, their mean 5; errors 1 and 1 over (1 + 5)/2 and (9 + 5)/2
    expected = (1 / 3 + 1 / 7) / 2
    assert float(student.relative_error(target + 1, target)) == pytest.approx(expected, rel=1e-5)


def test_training_lowers_the_loss(trained):
    _, losses, _ = trained
    assert np.mean(losses[-3:]) < 0.95 * np.mean(losses[:3])


def test_a_resumed_run_ends_as_an_unbroken_one(trained, encoder_file, tmp_path):
    run, losses, half = trained
    (tmp_path / "checkpoint.npz").write_bytes(half.read_bytes())
    again, found = training(encoder_file, tmp_path / "checkpoint.npz"), []
    assert again.resume() and again.step == 6
    again.run(Budget(steps=12), lambda state, share: found.append(state.loss))
    np.testing.assert_allclose(found, losses[6:], rtol=1e-3)
    for a, b in zip(run.student.get_weights(), again.student.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_within_a_step_waits_for_its_end(encoder_file, tmp_path, number):
    """What is saved is the state after a whole step, or the resumed run would take that step twice."""
    run = training(encoder_file, tmp_path / "checkpoint.npz")
    step = run.model.train_on_batch

    def stopped(*given, **named):
        made = step(*given, **named)
        signal.raise_signal(number)
        return made

    run.model.train_on_batch = stopped
    before = signal.signal(number, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            run.run(Budget(steps=3))
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)
    again = training(encoder_file, run.checkpoint)
    assert again.resume() and again.step == 1 == int(again.model.optimizer.iterations)


def test_a_second_stop_does_not_break_the_saving(encoder_file, tmp_path, monkeypatch):
    run = training(encoder_file, tmp_path / "checkpoint.npz")
    write = atomic.save_arrays

    def stopped(*given):
        signal.raise_signal(signal.SIGINT)
        write(*given)

    def stop(state, share):
        raise KeyboardInterrupt("first")

    monkeypatch.setattr(atomic, "save_arrays", stopped)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
    try:
        with pytest.raises(KeyboardInterrupt, match="first"):
            run.run(Budget(steps=3), stop)
        assert training(encoder_file, run.checkpoint).resume()
        with pytest.raises(KeyboardInterrupt):  # as before the training
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_training_that_diverged_leaves_the_last_checkpoint(encoder_file, tmp_path):
    run = training(encoder_file, tmp_path / "checkpoint.npz")
    run.save()
    before = run.checkpoint.read_bytes()
    run.student.get_layer("block3_conv1_norm").gamma.assign(np.full(WIDTHS[2], np.nan, "float32"))
    with pytest.raises(WeightsError, match="diverged"):
        run.run(Budget(steps=3))
    assert run.checkpoint.read_bytes() == before


def test_the_checkpoint_keeps_what_came_before(encoder_file, tmp_path):
    """Published over the weights it began with, a training is not told twice when the same command runs again."""
    run = training(encoder_file, tmp_path / "checkpoint.npz")
    run.before = [STAGE]
    run.save()
    again = training(encoder_file, run.checkpoint)
    again.before = [STAGE, STAGE]
    assert again.resume() and again.before == [json.loads(json.dumps(STAGE))]


@pytest.mark.skipif(os.name != "posix", reason="limits a file's size as POSIX does")
def test_F39_no_room_for_a_checkpoint(encoder_file, tmp_path, caplog):
    """A checkpoint that finds no room (a real limit) leaves the last one as it was; the training goes on in memory."""
    import resource

    run = training(encoder_file, tmp_path / "checkpoint.npz")
    run.save()
    before, limits = run.checkpoint.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
        with pytest.raises(SaveError, match=r"checkpoint.npz can't be written: .*bytes are needed.*free.*is kept"):
            run.save()
        run.run(Budget(steps=1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert run.step == 1 and "bytes are needed" in caplog.text
    assert run.checkpoint.read_bytes() == before and [file.name for file in tmp_path.iterdir()] == ["checkpoint.npz"]
    run.save()
    assert training(encoder_file, run.checkpoint).resume()


def test_a_damaged_checkpoint_is_refused(encoder_file, tmp_path):
    """Cut short, or of no archive at all, it is an error that says how to start anew."""
    run = training(encoder_file, tmp_path / "checkpoint.npz")
    run.save()
    for content in (run.checkpoint.read_bytes()[:-99], b"no archive"):
        run.checkpoint.write_bytes(content)
        with pytest.raises(WeightsError, match=r"is damaged .*remove it"):
            run.resume()


def test_another_seed_does_not_go_on_from_the_checkpoint(trained, encoder_file):
    run = trained[0]
    other = training(encoder_file, run.checkpoint, seed=1)
    with pytest.raises(WeightsError, match="another training"):
        other.resume()


def test_folding_keeps_the_features(trained):
    """The folded, plain network under the heads gives what the network with BatchNorm gives in evaluation mode."""
    run = trained[0]
    image = Noise().batch(99)[:1]
    expected = run.student(image, training=False)
    network = calibrate.network_of(student.fold(run.student))
    features = vgg19.feature_extractor(network, weights.CONVOLUTIONS)(image)
    for lesson in ("block1_conv1", "block3_conv1", "block4_conv2", "block5_conv4"):
        kernel, bias = run.student.get_layer(f"{lesson}_head").get_weights()
        found = np.maximum(np.asarray(features[lesson]) @ kernel[0, 0] + bias, 0)
        np.testing.assert_allclose(found, expected[lesson], rtol=1e-3, atol=1e-3)


@pytest.fixture(scope="module")
def going_on(encoder_file, tmp_path_factory):
    """Training that goes on from weights, and those weights."""
    start = weights.seeded(WIDTHS, seed=4).arrays
    return training(encoder_file, tmp_path_factory.mktemp("on") / "checkpoint.npz", start=start), start


def test_going_on_keeps_the_features(going_on):
    """Each channel answers as before, up to its layer's factor."""
    run, start = going_on
    image = Noise().plain(1, 64)[0]
    after = calibrate.activations(student.fold(run.student), [image])
    for name, (before,) in calibrate.activations(start, [image]).items():
        factor = np.vdot(before, after[name][0]) / np.vdot(before, before)
        np.testing.assert_allclose(before * factor, after[name][0], rtol=1e-3, atol=1e-3 * after[name][0].max())


def test_going_on_begins_with_heads_that_predict_the_teacher():
    """A teacher whose features are positive combinations of the student's is predicted from the start."""
    start, pictures = weights.seeded(WIDTHS, seed=4).arrays, Noise().plain(3, 32)
    mix = np.random.default_rng(0).random((WIDTHS[1], 7)).astype("float32")
    extract = vgg19.feature_extractor(calibrate.network_of(start), ("block2_conv1", "block5_conv4"))

    def teaching(image, training):
        seen = extract(image)
        return {"mixed": np.asarray(seen["block2_conv1"]) @ mix + 30, "deep": np.asarray(seen["block5_conv4"])}

    lessons = {"block2_conv1": ("mixed", 1.0), "block5_conv4": ("deep", 1.0)}
    made = student.continued(start, lessons, teaching, pictures)
    target = teaching(pictures[0], False)["mixed"]
    assert float(student.relative_error(made(pictures[0])["block2_conv1"], target)) < 1e-3


def test_rehearsed_pictures_become_what_the_student_asks_for(going_on):
    """Fitting the canvas lowers its loss, keeps the pictures in [0, 1], and changes neither pairs nor student."""
    run, _ = going_on
    practice = rehearsal.Rehearsal(run.student, Noise(), seed=1, count=2, side=32)
    before = [np.array(v) for v in run.student.get_weights()]
    losses = [practice.canvas.train_on_batch(np.zeros((1, 1), "float32")) for _ in range(15)]
    assert losses[-1] < 0.8 * losses[0]
    made, content = np.split(practice.batch(1), 2)
    assert made.min() >= 0 and made.max() <= 1 and np.abs(made - content).mean() > 0.01
    np.testing.assert_array_equal(content, np.asarray(practice.canvas.content))
    for a, b in zip(before, run.student.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_rehearsed_losses_are_those_of_a_transfer(going_on, tmp_path):
    """The canvas weighs the terms as `transfer` does: relative, style over Gram matrices, total variation a pixel."""
    from styletutor.settings import Settings
    from styletutor.transfer import stylize

    run, _ = going_on
    practice = rehearsal.Rehearsal(run.student, Noise(), seed=2, count=1, side=32)
    coefficients = np.array([1, 2, 3, 4, 5, 0.6, 0.4, 0.5], "float32")
    content, style, image = (Noise().crop(np.random.default_rng(i), 32, False) for i in (1, 2, 3))
    practice.canvas.put(0, image, content, style, coefficients)
    layers = (*rehearsal.STYLE_LAYERS, *rehearsal.CONTENT_LAYERS)
    settings = Settings(
        content_layers=rehearsal.CONTENT_LAYERS, style_weight=5, content_weight=2, tv_weight=0.5, steps=1,
        layer_weights=dict(zip(layers, coefficients, strict=False)),
    )  # fmt: skip
    np.savez(tmp_path / "student.npz", **student.fold(run.student))
    network = vgg19.load_vgg19(tmp_path / "student.npz", pooling="avg")
    reference = stylize(content[None], style[None], settings, network)
    reference._optimizer.image, reference._evaluated = image[None], None
    found = practice.canvas.train_on_batch(np.zeros((1, 1), "float32"))
    assert float(found) == pytest.approx(reference.losses["total"], rel=1e-3)


def test_a_change_is_a_lesson_of_its_own(going_on):
    """Of a pair whose pictures are predicted with the same error, the change is predicted rightly: it adds nothing."""
    run, _ = going_on
    image = Noise().plain(1, 32)[0]
    truth = student.targets(run.model.lessons, run.model.teacher(np.concatenate([image, image]), training=False))
    off = {lesson: target + 0.1 for lesson, target in truth.items()}
    pair, flag = np.concatenate([image, image]), np.ones(2)
    alone, paired = (float(run.model.compute_loss(pair, y, off)) for y in (None, flag))
    assert paired == pytest.approx(alone, rel=1e-4)
    lopsided = {k: v + 0.1 * np.array([1, 0], "float32")[:, None, None, None] for k, v in truth.items()}
    alone, paired = (float(run.model.compute_loss(pair, y, lopsided)) for y in (None, flag))
    assert paired > 1.5 * alone


def test_going_on_can_be_interrupted_too(going_on, encoder_file, tmp_path):
    """Stopped at an odd step and resumed, rehearsal and all, it ends as an unbroken run."""
    start, ends = going_on[1], []
    for stops in ([4], [1, 4]):
        for steps in stops:
            run = training(encoder_file, tmp_path / f"{len(stops)}.npz", start=start)
            run.resume()
            run.run(Budget(steps=steps))
        ends.append(run.student.get_weights())
    for a, b in zip(*ends, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-2, atol=2e-3)


@pytest.fixture(scope="module")
def calibrated():
    """He-normal weights with one dead channel, before and after, with the pictures used."""
    arrays = weights.seeded(WIDTHS, seed=2).arrays
    arrays["block2_conv1/kernel"][..., 1] = 0
    rng = np.random.default_rng(5)
    pictures = [rng.random((1, 48, 48, 3)).astype("float32") for _ in range(3)]
    heads = {"block1_conv1": [rng.normal(size=(WIDTHS[0], 8)).astype("float32")]}
    after, facts = calibrate.calibrate(arrays, heads, pictures)
    return arrays, after, facts, pictures


def test_calibration_only_scales_channels(calibrated):
    before, after, _, pictures = calibrated
    old, new = (calibrate.activations(arrays, pictures[:1]) for arrays in (before, after))
    for name in weights.CONVOLUTIONS:
        a, b = old[name][0].astype("float64"), new[name][0].astype("float64")
        factor = np.divide((a * b).sum(0), (a * a).sum(0), out=np.zeros(a.shape[1]), where=a.any(0))
        np.testing.assert_allclose(a * factor, b, rtol=1e-3, atol=1e-4 * b.max())


def test_calibration_gives_each_style_layer_the_same_say(calibrated):
    _, after, facts, pictures = calibrated
    features = calibrate.activations(after, pictures)
    for name in calibrate.STYLE_LAYERS:
        powers = [np.mean((f.T @ f / len(f)) ** 2) for f in features[name]]
        assert np.exp(np.mean(np.log(powers))) == pytest.approx(calibrate.STYLE_POWER, rel=1e-2)
    content = [np.mean(f**2) for f in features["block5_conv2"]]
    assert np.exp(np.mean(np.log(content))) == pytest.approx(calibrate.CONTENT_POWER, rel=1e-2)
    assert facts["block2_conv1"]["dead_channels"] == 1


def test_judge_knows_the_ends_of_its_scales(encoder_file):
    judge, rng = measure.Judge(encoder_file), np.random.default_rng(0)
    content, style = rng.random((2, 1, 48, 48, 3)).astype("float32")
    unchanged, copied = judge(content, content, style), judge(style, content, style)
    assert (unchanged.style, unchanged.content) == (1, 0)
    assert copied.style == 0 and copied.content > 0


def test_imagenet_judges_content_at_the_layer_that_the_card_names(monkeypatch):
    network = vgg19.with_weights(weights.seeded(WIDTHS))
    monkeypatch.setattr(teacher, "load_vgg19", lambda name: network)
    image, other = np.random.default_rng(0).random((2, 1, 32, 32, 3)).astype("float32")
    extract = vgg19.feature_extractor(network, "block4_conv1")
    held, seen = (np.asarray(extract(picture)["block4_conv1"]) for picture in (image, other))
    found = measure.Judge("imagenet")(other, image, other)
    assert found.content == pytest.approx(np.sum((seen - held) ** 2) / np.sum(held**2), rel=1e-4)


def _square(number):
    return number**2, os.getpid()


@pytest.mark.parametrize("workers", [0, 2])
def test_what_is_supplied_comes_in_the_order_that_it_is_asked_for(workers):
    supply = Supply(_square, workers, stride=2)
    try:
        found = [supply(step) for step in (1, 3, 5, 7, 2)]
    finally:
        supply.close()
    assert [number for number, _ in found] == [1, 9, 25, 49, 4]
    assert (os.getpid() in {pid for _, pid in found}) == (workers == 0)


def test_processes_that_make_batches_start_without_keras():
    """They import the commands and what makes the batches; with Keras each would take a share of a GPU."""
    script = "import sys; from styletutor.pretrain import __main__, fast, fast_crops; print('keras' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_learning_rate_warms_up_and_cools_down():
    rates = [train.learning_rate(share) for share in np.linspace(0, 1, 101)]
    assert rates[0] < 0.05 * train.PEAK and max(rates) == pytest.approx(train.PEAK) and rates[-1] < 1e-9
    assert Budget(minutes=2).share(0, 60) == 0.5 and Budget(steps=4).share(1, 1e9) == 0.25


STAGE = {
    "seed": 0, "steps": 4711, "minutes": 2.0, "budget": 2.0, "note": "", "bfloat16": False, "crops": [(64, 16)],
    "paintings": 9, "backend": "tensorflow", "device": "cpu",
}  # fmt: skip
ABOUT = {
    "teacher": "encoder", "photographs": "none",
    "stages": [
        STAGE,
        STAGE | {"budget": 1.0, "bfloat16": True, "rehearsed": (128, 4), "backend": "jax", "device": "gpu"},
    ],
    "lessons": {"block1_conv1": ("aux1", 1.0)}, "held_out_errors": {"block1_conv1": 0.5},
    "calibration": {"block1_conv1": {"mean_activation": 1.0, "dead_channels": 0}},
}  # fmt: skip


def test_the_card_gives_the_command_that_was_used():
    for budget, option in ((0.5, "--minutes 0.5 "), (None, "--steps 4711 ")):
        about = ABOUT | {"stages": [STAGE | {"budget": budget}], "sha256": "0", "bytes": 1, "parameters": 1}
        assert f"--teacher PATH {option}--seed 0" in card.card(about)


@pytest.mark.parametrize(
    ("library", "device", "place"),
    [
        ("tensorflow", "cpu", "a processor:"),
        ("tensorflow", "gpu", "a GPU:"),
        ("jax", "gpu", "a GPU (KERAS_BACKEND=jax):"),
        ("jax", "cpu", "a processor (KERAS_BACKEND=jax):"),
    ],
)
def test_the_card_says_what_a_training_ran_on(library, device, place):
    stage = STAGE | {"backend": library, "device": device}
    about = ABOUT | {"stages": [stage], "sha256": "0", "bytes": 1, "parameters": 1}
    assert f"minutes of training time on {place}" in card.card(about)


@pytest.mark.parametrize(("listed", "kind"), [("cpu:0", "cpu"), ("gpu:0", "gpu"), ("tpu:3", "tpu")])
def test_a_training_is_told_what_keras_finds(monkeypatch, listed, kind):
    """Whatever the backend: JAX without a GPU computes on the processor."""
    monkeypatch.setattr(backend.keras.distribution, "list_devices", lambda: [listed])
    monkeypatch.setattr(backend.keras.backend, "backend", lambda: "jax")
    options = main.parser().parse_args(["--teacher", "imagenet"])
    assert {"backend": "jax", "device": kind}.items() <= main.told(options).items()


def test_a_folded_checkpoint_tells_of_the_training_that_made_it(encoder_file, tmp_path):
    """Not of the command that folds it, which is told next to nothing and something else."""
    given = ["--teacher", str(encoder_file), "--out", str(tmp_path), "--work", str(tmp_path)]
    main.main([*given, "--steps", "2", "--seed", "3", "--crops", "32x2", "--paintings", "2", "--note", "Slowly."])
    trained = json.loads((tmp_path / publish.REPORT).read_text())
    (stage,) = trained["stages"]
    assert (stage["steps"], stage["budget"], stage["seed"], stage["paintings"]) == (2, None, 3, 2)
    assert (stage["crops"], stage["note"], stage["device"]) == ([[32, 2]], "Slowly.", backend.device())
    main.main([*given, "--fold-only", "--minutes", "7", "--paintings", "4"])
    folded = json.loads((tmp_path / publish.REPORT).read_text())
    assert folded["stages"] == [stage] and folded["calibration"] == trained["calibration"]
    main.main([*given, "--fold-only", "--note", "Folded again."])
    folded = json.loads((tmp_path / publish.REPORT).read_text())
    assert folded["stages"] == [stage | {"note": "Folded again."}]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--minutes", "0"], "minutes above 0"),
        (["--minutes", "nan"], "minutes above 0"),
        (["--steps", "0"], "at least 1"),
        (["--seed", "-1"], "at least 0"),
        (["--paintings", "many"], "at least 1"),
        (["--crops", "64x4", "16x4"], "at least 32 pixels"),
        (["--rehearsed", "64"], "128x4"),
        (["--fold-only", "--fresh"], "not allowed with"),
    ],
)
def test_arguments_that_make_no_training_are_refused_at_once(capsys, given, said):
    with pytest.raises(SystemExit):
        main.main(["--teacher", "nowhere.npz", *given])
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--resume", "--fold-only"])
def test_without_a_checkpoint_nothing_is_written(tmp_path, encoder_file, option):
    """Not the weights of an untrained network over those that are there."""
    given = ["--teacher", str(encoder_file), "--out", str(tmp_path), "--work", str(tmp_path), "--paintings", "1"]
    with pytest.raises(SystemExit, match="No checkpoint"):
        main.main([*given, option])
    given = ["gallery", "--out", str(tmp_path), "--work", str(tmp_path), "--paintings", "1"]
    with pytest.raises(SystemExit, match="No checkpoint"):
        fast.main([*given, "--publish-only"])
    assert not list(tmp_path.iterdir())


def test_a_missing_teacher_is_named_before_anything_is_painted(tmp_path):
    with pytest.raises(WeightsError, match="holds no teacher"):
        main.main(["--teacher", str(tmp_path / "none.npz"), "--out", str(tmp_path), "--work", str(tmp_path)])
    assert not list(tmp_path.iterdir())


def test_what_is_published_loads_and_passes_its_self_test(tmp_path, monkeypatch):
    arrays = weights.seeded(weights.QUARTER_WIDTHS, seed=1).arrays
    report = publish.publish(tmp_path, arrays, ABOUT)
    assert not list(tmp_path.glob("*.part"))
    monkeypatch.setattr(packaged, "folder", lambda: tmp_path)
    network = vgg19.loading._load.__wrapped__("embedded", None, False, "float32", None)
    np.testing.assert_allclose(network.get_weights()[0], arrays["block1_conv1/kernel"], rtol=1e-3)
    text = (tmp_path / "MODEL_CARD.md").read_text()
    assert report["sha256"] in text and "4,711" in text and "KERAS_BACKEND=jax" in text
    assert "--start embedded --minutes 1 --seed 0 --paintings 9 --crops 64x16 --rehearsed 128x4 --bfloat16" in text


def test_weights_too_large_for_float16_are_refused(tmp_path):
    arrays = weights.seeded(weights.QUARTER_WIDTHS, seed=1).arrays
    arrays["block3_conv2/bias"] = arrays["block3_conv2/bias"] + 1e6
    with pytest.raises(ValueError, match="float16"), np.errstate(over="ignore"):
        publish.publish(tmp_path, arrays, ABOUT)


def test_the_shipped_weights_are_what_the_report_says():
    folder = packaged.folder()
    content, report = (folder / publish.WEIGHTS).read_bytes(), weights.embedded_report()
    assert hashlib.sha256(content).hexdigest() == report["sha256"]
    assert len(content) == report["bytes"] <= publish.LIMIT
    with np.load(folder / publish.WEIGHTS, allow_pickle=False) as file:
        assert set(file.files) == {f"{n}/{part}" for n in weights.CONVOLUTIONS for part in ("kernel", "bias")}
        assert all(file[name].dtype == np.float16 and np.isfinite(file[name]).all() for name in file.files)
        assert sum(file[name].size for name in file.files) == report["parameters"]


def test_the_shipped_weights_pass_their_self_test():
    network = vgg19.load_vgg19("embedded")
    assert vgg19.widths(network) == weights.QUARTER_WIDTHS and network.pooling == "avg"
    assert vgg19.self_test_values(network) == pytest.approx(weights.embedded_report()["self_test"], rel=1e-3)


def test_the_card_names_data_teacher_and_licences():
    text = (packaged.folder() / publish.CARD).read_text()
    for fact in (weights.embedded_report()["sha256"], "Simonyan", "CC BY 4.0", "Wang", "MIT", "scikit-image", "Limits"):
        assert fact in text


def test_measured_means_reach_report_and_card(tmp_path):
    publish.publish(tmp_path, weights.seeded(weights.QUARTER_WIDTHS, seed=1).arrays, ABOUT)
    image = np.zeros((1, 8, 8, 3), "float32")
    results = {("embedded", "a", "s"): (measure.Distances(0.25, 0.5), image)}
    results["embedded", "b", "s"] = measure.Distances(0.75, 1.5), image
    measure.record(tmp_path, results, Settings.preset("quick"))
    report = json.loads((tmp_path / publish.REPORT).read_text())
    assert report["distances"]["mean"] == {"embedded": {"style": 0.5, "content": 1.0}}
    assert "| embedded | 0.5000 | 1.000 |" in (tmp_path / publish.CARD).read_text()
    assert measure.table(results).splitlines()[-1].split() == ["embedded", "mean", "0.5000", "1.0000"]
