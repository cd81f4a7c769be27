"""Adam, SGD and L-BFGS against Keras', SciPy's and a few lines of arithmetic; all inside [0, 1]."""

import copy

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import optimize

import styletutor as st
from styletutor.optimizers import LBFGS, SGD, Adam, make_optimizer

SHAPE = (1, 6, 5, 3)


def quadratic(n, condition, seed=0, low=-0.3, high=1.3):
    """½ (x − c)ᵀ A (x − c) as (loss, gradient) of an array; c lies partly outside [0, 1]."""
    rng = np.random.default_rng(seed)
    rotation, _ = np.linalg.qr(rng.normal(size=(n, n)))
    a, c = rotation @ np.diag(np.geomspace(1, condition, n)) @ rotation.T, rng.uniform(low, high, n)

    def loss(x):
        return 0.5 * (x.ravel() - c) @ a @ (x.ravel() - c)

    return loss, lambda x: (a @ (x.ravel() - c)).reshape(x.shape)


def rosenbrock(corner):
    """Rosenbrock's valley, stretched so that its minimum lies at `corner` in every coordinate."""
    return (
        lambda x: optimize.rosen(x.astype("float64").ravel() / corner),
        lambda x: (optimize.rosen_der(x.astype("float64").ravel() / corner) / corner).reshape(x.shape),
    )


def drive(optimizer, problem, evaluations, rate=0.02):
    """Ask and tell so many times; the losses asked for and those of `image` after each."""
    loss, gradient = problem
    asked, kept = [], []
    for _ in range(evaluations):
        x = optimizer.ask()
        assert x.min() >= 0 and x.max() <= 1
        assert x.dtype == np.float32
        asked.append(float(loss(x)))
        optimizer.tell(asked[-1], gradient(x).astype("float32"), rate)
        kept.append(float(loss(optimizer.image)))
    return asked, kept


@pytest.mark.parametrize(
    ("constants", "rate"),
    [((0.99, 0.999, 0.1), 0.02), ((0.9, 0.999, 1e-8), 0.001), ((0.5, 0.9, 1e-3), 0.005)],
    ids=["tutorial", "default", "other"],
)
def test_adam_is_keras(constants, rate):
    """Twenty steps down the same gradients agree with keras.optimizers.Adam to 1e-5, away from the bounds."""
    rng = np.random.default_rng(1)
    start = rng.uniform(0.4, 0.6, SHAPE).astype("float32")
    beta_1, beta_2, epsilon = constants
    theirs = keras.optimizers.Adam(rate, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon)
    variable = keras.Variable(start)
    ours = Adam(start, *constants)
    for _ in range(20):
        gradient = rng.normal(0.3, 1, SHAPE).astype("float32")
        theirs.apply([gradient], [variable])
        ours.tell(0.0, gradient, rate)
        np.testing.assert_allclose(ours.ask(), variable.numpy(), atol=1e-5)
    assert 0 < ours.image.min() and ours.image.max() < 1
    assert np.abs(ours.image - start).max() > 0.005


def test_adam_with_the_tutorials_constants_by_hand():
    """The tutorial's first step worked out: m = 0.01 g, v = 0.001 g², rate 0.02 · √0.001 / 0.01."""
    adam = make_optimizer(st.Settings.preset("tutorial"), np.full(SHAPE, 0.5, "float32"))
    adam.tell(0.0, np.full(SHAPE, -3.0, "float32"), 0.02)
    step = 0.02 * np.sqrt(0.001) / 0.01 * 0.03 / (np.sqrt(0.009) + 0.1)
    np.testing.assert_allclose(adam.ask(), 0.5 + step, rtol=1e-5)


@pytest.mark.parametrize("name", ["adam", "sgd", "lbfgs"])
def test_pictures_stay_in_range(name):
    """A gradient that pushes every pixel outward leaves the picture at exactly 0 and 1, as clipping does."""
    optimizer = make_optimizer(st.Settings(optimizer=name), np.full(SHAPE, 0.5, "float32"))
    gradient = np.where(np.arange(90).reshape(SHAPE) % 2, 5.0, -5.0).astype("float32")
    for i in range(100):
        optimizer.tell(float((gradient * optimizer.ask()).sum()), gradient, 0.1)
        assert optimizer.ask().min() >= 0 and optimizer.ask().max() <= 1, i
    np.testing.assert_array_equal(optimizer.image, gradient < 0)


@pytest.mark.parametrize("name", ["adam", "sgd", "lbfgs"])
def test_telling_changes_nothing_in_place(name):
    """A copy made before `tell` is the optimiser as it was, whatever the original is told: a step can be undone."""
    problem = quadratic(90, 10)
    optimizer = make_optimizer(st.Settings(optimizer=name), np.full(SHAPE, 0.5, "float32"))
    drive(optimizer, problem, 5)
    before, again = copy.copy(optimizer), copy.deepcopy(optimizer)
    drive(optimizer, problem, 5)
    drive(before, problem, 5)
    drive(again, problem, 5)
    np.testing.assert_array_equal(before.image, again.image)
    np.testing.assert_array_equal(before.image, optimizer.image)


@pytest.mark.parametrize("name", ["adam", "sgd"])
def test_enormous_gradients_are_survived(name):
    """Gradients whose squares don't fit in float32 neither warn nor break the steps that follow."""
    optimizer = make_optimizer(st.Settings(optimizer=name), np.full(SHAPE, 0.5, "float32"))
    with np.errstate(all="raise"):
        for size in (1e38, -1e38, 1e25):
            optimizer.tell(1.0, np.full(SHAPE, size, "float32"), 0.02)
        for _ in range(3):
            optimizer.tell(1.0, np.full(SHAPE, -1.0, "float32"), 0.02)
    assert np.isfinite(optimizer.image).all()


def test_sgd_by_hand():
    """Two steps with momentum 0.5 worked out on paper, the second clipped at 0."""
    sgd = SGD(np.array([0.5, 0.1], "float32"), momentum=0.5)
    sgd.tell(0.0, np.array([1.0, 1.0], "float32"), 0.05)  # velocity −0.05
    np.testing.assert_allclose(sgd.ask(), [0.45, 0.05], rtol=1e-6)
    sgd.tell(0.0, np.array([-1.0, 1.0], "float32"), 0.1)  # −0.025 + 0.1, −0.025 − 0.1
    np.testing.assert_allclose(sgd.ask(), [0.525, 0.0], rtol=1e-6)


def test_sgd_is_keras():
    """Ten steps with momentum agree with keras.optimizers.SGD away from the bounds."""
    rng = np.random.default_rng(4)
    start = rng.uniform(0.4, 0.6, SHAPE).astype("float32")
    theirs, variable = keras.optimizers.SGD(0.003, momentum=0.9), keras.Variable(start)
    ours = SGD(start, 0.9)
    for _ in range(10):
        gradient = rng.normal(0, 1, SHAPE).astype("float32")
        theirs.apply([gradient], [variable])
        ours.tell(0.0, gradient, 0.003)
    np.testing.assert_allclose(ours.ask(), variable.numpy(), atol=1e-6)


PROBLEMS = {
    "quadratic": (quadratic(200, 1e3), 200, 0.5),
    "ill-conditioned": (quadratic(60, 1e4, seed=3), 60, 0.5),
    "rosenbrock at 0.6": (rosenbrock(0.6), 20, 0.2),
    "rosenbrock outside": (rosenbrock(1.5), 20, 0.2),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_lbfgs_finds_scipys_minimum(name):
    """In twice SciPy's evaluations it comes to the minimum that L-BFGS-B finds in [0, 1], within 2 % of the way."""
    problem, n, start = PROBLEMS[name]
    loss, gradient = problem
    start = np.full(n, start, "float32") + np.random.default_rng(6).uniform(-0.1, 0.1, n).astype("float32")
    bounds = [(0, 1)] * n
    theirs = optimize.minimize(loss, start, jac=gradient, method="L-BFGS-B", bounds=bounds, options={"maxcor": 20})
    asked, _ = drive(LBFGS(start), problem, 2 * theirs.nfev)
    assert min(asked) - theirs.fun < 0.02 * (loss(start) - theirs.fun)
    if name == "quadratic":
        assert min(asked) == pytest.approx(theirs.fun, rel=1e-3)


@pytest.mark.parametrize(("content", "style"), [("chelsea", "swirls"), ("coffee", "mosaic")])
def test_lbfgs_keeps_up_with_scipys_on_style_transfer(content, style):
    """The loss after equally many evaluations is within 3 % of SciPy's L-BFGS-B's, after 50 and after 100."""
    content, style = (st.gallery.load(name, 64) for name in (content, style))
    problem = transfer_problem(content, style)
    theirs = []

    def recorded(x):
        loss, gradient = problem(x.reshape(content.shape).astype("float32"))
        theirs.append(loss)
        return loss, gradient.ravel().astype("float64")

    options = {"maxcor": 20, "maxfun": 110}
    bounds = [(0, 1)] * content.size
    optimize.minimize(recorded, content.ravel(), jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    optimizer, ours = LBFGS(content), []
    for _ in range(100):
        loss, gradient = problem(optimizer.ask())
        ours.append(loss)
        optimizer.tell(loss, gradient)
    for evaluations in (50, 100):
        assert min(ours[:evaluations]) < 1.03 * min(theirs[:evaluations])
    assert len(theirs) >= 100 and min(ours) < ours[0] / 4


def transfer_problem(content, style):
    """The preset quick's loss on the embedded network: image -> (loss, gradient)."""
    settings, network = st.Settings.preset("quick"), st.load_vgg19("embedded")
    model = st.StyleContentModel(settings.style_layers, settings.content_layers, network)
    targets = {"style": model(style)["style"], "content": model(content)["content"]}

    @tf.function
    def evaluate(image):
        with tf.GradientTape() as tape:
            tape.watch(image)
            loss = st.style_content_loss(model(image), targets, settings, image)["total"]
        return loss, tape.gradient(loss, image)

    return lambda image: [float(loss) if loss.shape == () else loss.numpy() for loss in evaluate(tf.constant(image))]


def test_lbfgs_beats_adam_on_a_quadratic():
    """Curvature pays: after 60 evaluations L-BFGS is nearer to the minimum than Adam."""
    problem = quadratic(200, 1e3)
    start = np.full(200, 0.5, "float32")
    lbfgs, adam = (min(drive(o, problem, 60)[0]) for o in (LBFGS(start), Adam(start)))
    assert lbfgs < adam


@pytest.mark.parametrize("name", PROBLEMS)
def test_lbfgs_image_never_gets_worse(name):
    """`image` is the last trial that lowered the loss, so its loss never rises."""
    problem, n, start = PROBLEMS[name]
    _, kept = drive(LBFGS(np.full(n, start, "float32")), problem, 80)
    assert max(np.diff(kept)) <= 1e-9 * kept[0]
    assert kept[-1] < 0.9 * kept[0]


def test_lbfgs_first_step_is_small():
    """Without history it goes down the gradient, its largest entry FIRST_STEP, however steep the loss."""
    for scale in (1e-6, 1.0, 1e12):
        optimizer = LBFGS(np.full(4, 0.5, "float32"))
        optimizer.tell(1.0, np.array([1, -0.5, 0.25, 0], "float32") * np.float32(scale))
        step = optimizer.ask() - 0.5
        np.testing.assert_allclose(step, np.array([-1, 0.5, -0.25, 0]) * LBFGS.FIRST_STEP, atol=1e-6)


def test_lbfgs_shortens_a_step_that_does_not_pay():
    """After a trial with a higher loss the next lies on the same line, nearer; `image` stays where it was."""
    optimizer = LBFGS(np.full(3, 0.5, "float32"))
    gradient = np.array([1.0, 0.5, 0], "float32")
    optimizer.tell(1.0, gradient)
    step = optimizer.ask() - optimizer.image
    for loss in (1.001, 2.0, 1e6):
        optimizer.tell(loss, gradient)
        shorter = optimizer.ask() - optimizer.image
        ratio = shorter[0] / step[0]
        assert 0.05 < ratio <= 0.51
        np.testing.assert_allclose(shorter, step * ratio, atol=1e-7)
        np.testing.assert_array_equal(optimizer.image, np.full(3, 0.5, "float32"))
        step = shorter


def test_lbfgs_survives_a_curvature_that_misleads():
    """A loss that is suddenly another, without forget(), costs a few evaluations and no more."""
    optimizer = LBFGS(np.full(40, 0.5, "float32"))
    drive(optimizer, quadratic(40, 1e3, seed=1), 15)
    other = quadratic(40, 10, seed=2)
    optimizer.loss = other[0](optimizer.image)
    _, kept = drive(optimizer, other, 60)
    minimum = min(drive(LBFGS(np.full(40, 0.5, "float32")), other, 200)[0])
    assert kept[-1] - minimum < 0.01 * (kept[0] - minimum)


def test_lbfgs_forgets():
    """After forget() it knows no curvature and takes any loss as new; the next step is a first step again."""
    problem = quadratic(30, 100)
    optimizer = LBFGS(np.full(30, 0.5, "float32"))
    drive(optimizer, problem, 10)
    assert optimizer.pairs
    optimizer.forget()
    assert not optimizer.pairs
    x = optimizer.ask()
    gradient = problem[1](x).astype("float32") * 1000
    optimizer.tell(1e9, gradient)
    np.testing.assert_array_equal(optimizer.image, x)
    free = ((x > 0) | (gradient < 0)) & ((x < 1) | (gradient > 0))
    expected = np.clip(x - gradient * free * (LBFGS.FIRST_STEP / np.abs(gradient * free).max()), 0, 1)
    np.testing.assert_allclose(optimizer.ask(), expected, atol=1e-6)


def test_adam_resets():
    """After reset() Adam takes the first step of a fresh one."""
    gradient = np.random.default_rng(0).normal(size=SHAPE).astype("float32")
    used = Adam(np.full(SHAPE, 0.5, "float32"))
    for _ in range(3):
        used.tell(0.0, gradient[..., ::-1], 0.01)
    used.reset()
    fresh = Adam(used.ask())
    for adam in (used, fresh):
        adam.tell(0.0, gradient, 0.01)
    np.testing.assert_array_equal(used.ask(), fresh.ask())


def test_flat_loss_moves_nothing():
    """Where the gradient is 0 no optimiser moves, and none divides by 0."""
    start = np.full(SHAPE, 0.5, "float32")
    for optimizer in (Adam(start), SGD(start), LBFGS(start)):
        with np.errstate(all="raise"):
            for _ in range(3):
                optimizer.tell(1.0, np.zeros(SHAPE, "float32"), 0.02)
        np.testing.assert_array_equal(optimizer.ask(), start)


def test_adam_without_epsilon_stays_where_nothing_pulls():
    """With an epsilon of 0 a pixel whose gradient is 0 divides 0 by 0; it has to stay where it is."""
    start = np.full(SHAPE, 0.5, "float32")
    optimizer, gradient = Adam(start, epsilon=0.0), np.zeros_like(start)
    gradient[:, :3] = 2.0
    optimizer.tell(1.0, gradient, 0.1)
    np.testing.assert_array_equal(optimizer.image[:, 3:], start[:, 3:])
    np.testing.assert_allclose(optimizer.image[:, :3], 0.4, rtol=1e-6)
