"""Steps a second and time left, before the first step and after it."""

import pytest

from styletutor import pace, weights

FULL, QUARTER = weights.FULL_WIDTHS, weights.QUARTER_WIDTHS


@pytest.fixture(autouse=True)
def nothing_shown(monkeypatch):
    """A machine that has shown nothing yet."""
    monkeypatch.setattr(pace, "_shown", {})


def test_work_is_vgg19s():
    """Forward at 224 × 224 VGG19's convolutions are 19.5 thousand million multiply-adds; a step is three times that."""
    by_hand = sum(
        9 * i * o * (224 // 2**block) ** 2
        for block, pairs in enumerate([
            [(3, 64), (64, 64)], [(64, 128), (128, 128)], [(128, 256), *[(256, 256)] * 3],
            [(256, 512), *[(512, 512)] * 3], [(512, 512)] * 4,
        ])
        for i, o in pairs
    )  # fmt: skip
    assert pace.work(FULL, 224, 224) == 3 * by_hand and 19.4e9 < by_hand < 19.6e9
    assert 12 < pace.work(FULL, 256, 256) / pace.work(QUARTER, 256, 256) < 16


def test_measured_rate_and_time_left():
    """Ten steps in two seconds, as told: five a second, and the rest of a hundred in eighteen."""
    clock = pace.Clock(QUARTER, [(100, 100)])
    clock.tell(1, 0, 50.0)
    for number in range(2, 12):
        clock.tell(number, 0, 50.0 + 0.2 * (number - 1))
    assert clock.rate() == pytest.approx(5) and clock.left(101) == pytest.approx(18)


def test_the_first_step_sets_no_rate():
    """It holds the compiling: until the second the expected rate stands."""
    clock = pace.Clock(QUARTER, [(100, 100)])
    expected = clock.rate()
    clock.tell(1, 0, 50.0)
    assert clock.rate() == expected > 0


def test_a_pause_does_not_count():
    """Time between pause and going on is not the steps'."""
    clock = pace.Clock(QUARTER, [(100, 100)])
    for number, now in ((1, 0.0), (2, 1.0)):
        clock.tell(number, 0, now)
    clock.resume()
    for number, now in ((3, 1000.0), (4, 1001.0)):
        clock.tell(number, 0, now)
    assert clock.rate() == pytest.approx(1)


def test_levels_of_a_pyramid_take_their_own_time():
    """A level of twice the size takes four times as long a step; the time left counts each level's steps."""
    clock = pace.Clock(QUARTER, [(64, 64), (128, 128)])
    for number in range(1, 6):
        clock.tell(number, 0, float(number))
    assert clock.rate(0) == pytest.approx(1) and clock.rate(1) == pytest.approx(0.25)
    assert clock.left(20) == pytest.approx(5 * 1 + 10 * 4)
    clock.tell(20, 1, 50.0)
    assert clock.left(20) == 0


def test_a_machine_that_has_shown_its_speed_is_believed():
    """The next run of the kind is expected at the rate of the last; at another size, by its work."""
    clock = pace.Clock(QUARTER, [(64, 64)])
    for number in (1, 2):
        clock.tell(number, 0, 0.125 * number)
    assert pace.Clock(QUARTER, [(64, 64)]).rate() == pytest.approx(8)
    assert pace.Clock(QUARTER, [(128, 128)]).rate() == pytest.approx(2)
    assert pace.Clock(QUARTER, [(64, 64)], "bfloat16").rate() != pytest.approx(8)
    assert pace.Clock(QUARTER, [(64, 64)], kind="Training").rate() != pytest.approx(8)
