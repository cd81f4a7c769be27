"""Fixtures that the tests share. Pictures are small and networks narrow: a test is about rightness, not about speed."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def _photo():
    from styletutor import gallery

    return gallery.load("chelsea", 96)


@pytest.fixture
def photo(_photo):
    """The cat Chelsea as an image (1, 64, 96, 3), the test's own copy."""
    return _photo.copy()


@pytest.fixture(scope="session")
def quarter_network():
    """The embedded network: quarter width, average pooling, trained."""
    import styletutor as st

    return st.load_vgg19("embedded")


@pytest.fixture(scope="session")
def random_network(tmp_path_factory):
    """A VGG19 with (4, 8, 8, 16, 16) channels, max pooling and seeded weights: quick, and unlike the embedded one."""
    import styletutor as st
    from styletutor import weights

    path = tmp_path_factory.mktemp("weights") / "narrow.npz"
    np.savez(path, **weights.seeded((4, 8, 8, 16, 16), seed=7).arrays)
    return st.load_vgg19(path)
