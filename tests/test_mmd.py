"""Discrepancies of clouds against the Gram matrices' distance, written-out sums and NumPy's statistics."""

import numpy as np
import pytest

from styletutor import mmd
from styletutor.errors import ImageError, SettingsError


def features(seed, shape=(1, 5, 7, 4)):
    """Features as a ReLU leaves them."""
    return np.maximum(np.random.default_rng(seed).normal(1, 2, shape), 0).astype("float32")


@pytest.fixture
def clouds():
    """Two clouds of different size."""
    return mmd.points(features(1)), mmd.points(features(2, (1, 6, 3, 4)))


def test_points_are_the_places():
    """One point a place, row by row, its coordinates the channels."""
    maps = features(3)
    cloud = mmd.points(maps)
    assert cloud.shape == (35, 4)
    np.testing.assert_array_equal(cloud[9], maps[0, 1, 2])


def test_the_polynomial_discrepancy_is_the_gram_matrices_distance(clouds):
    """Li and others' theorem, for clouds of different size; the linear one is the distance of the means."""
    x, y = clouds
    gram, target = (np.einsum("ic,id->cd", z, z) / len(z) for z in clouds)
    assert mmd.mmd(x, y, mmd.polynomial) == pytest.approx(((gram - target) ** 2).sum(), rel=1e-10)
    assert mmd.share(x, y, mmd.polynomial) == pytest.approx(((gram - target) ** 2).sum() / (target**2).sum(), rel=1e-10)
    assert mmd.mmd(x, y, mmd.linear) == pytest.approx(((x.mean(0) - y.mean(0)) ** 2).sum(), rel=1e-10)


def test_the_gaussian_kernel_by_hand(clouds):
    """Each entry is exp(−‖x − y‖² / 2σ²); equal clouds have no discrepancy, far ones 2 at most."""
    x, y = clouds
    expected = [[np.exp(-((a - b) ** 2).sum() / (2 * 1.5**2)) for b in y] for a in x]
    np.testing.assert_allclose(mmd.gaussian(1.5)(x, y), expected, rtol=1e-9)
    assert mmd.mmd(x, x[::-1], mmd.gaussian(1.5)) == pytest.approx(0, abs=1e-12)
    assert mmd.mmd(x[:1], x[:1] + 100, mmd.gaussian(1.5)) == pytest.approx(2)


def test_statistics_are_numpys():
    """Mean, deviation, covariance and Gram matrix of each channel, or pair of channels."""
    maps = features(4)
    flat = maps.reshape(-1, 4).astype("float64")
    expected = {
        "mean": flat.mean(0),
        "mean and deviation": np.stack([flat.mean(0), flat.std(0)]),
        "covariance": np.cov(flat.T, bias=True),
        "Gram matrix": flat.T @ flat / 35,
    }
    assert list(expected) == list(mmd.STATISTICS)
    for name, value in expected.items():
        np.testing.assert_allclose(mmd.STATISTICS[name](maps)[0], value, rtol=1e-4, err_msg=name)


def test_a_texture_takes_on_its_statistic(photo, quarter_network):
    """The loss falls to a small part of what it was; the same seed gives the same picture, inside [0, 1]."""
    run = [list(mmd.rebuild_texture(photo, "mean and deviation", quarter_network, 12, 64)) for _ in range(2)]
    losses = [step.losses["total"] for step in run[0]]
    assert losses[-1] < 0.2 * losses[0] and losses == sorted(losses, reverse=True)
    assert run[0][-1].image.shape == (1, 43, 64, 3)
    assert run[0][-1].image.min() >= 0 and run[0][-1].image.max() <= 1
    np.testing.assert_array_equal(run[0][-1].image, run[1][-1].image)


def test_what_cannot_be_rebuilt_is_refused_at_once(photo, quarter_network):
    """An unknown statistic and a picture that is too small, before the first step is asked for."""
    with pytest.raises(SettingsError, match="covariance"):
        mmd.rebuild_texture(photo, "kurtosis", quarter_network)
    with pytest.raises(ImageError, match="32"):
        mmd.rebuild_texture(photo[:, :20], "mean", quarter_network)
