"""Fuzzing of the loader and of the settings' parser, outside the normal tests.

    python -m tests.fuzz --minutes 10

Mutates good files of every format (bytes flipped, cut, copied, spliced, lengths and sizes made extreme) and texts of
settings, and stops at the first input that raises anything but the package's own error, takes more than ten seconds
of computing, or gives what is no image; the input is written to fuzz-finding-*.bin. What it found is kept as tests in
tests/faults/test_findings.py. The seed is printed: --seed repeats a session.
"""

import argparse
import random
import struct
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent / "faults"))

from test_F01_any_file import bmp_colour_cases, gif_cases, netpbm_cases, png_cases, tga_cases, tiff_cases
from test_F02_pictures import files_of_every_format

from styletutor import errors, images
from styletutor.settings import Settings, presets

SECONDS = 10  # of computing that one input may take
WORDS = ("NaN", "1e999", "-1", "null", "[]", "{}", '"x"', "\ud800", "[" * 200, "true", "9" * 400, "")
NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def seeds():
    """Good files of every kind, small."""
    files = [content for _, content in files_of_every_format()]
    for cases in (png_cases, bmp_colour_cases, tga_cases, gif_cases, tiff_cases, netpbm_cases):
        files += [case[1] for case in cases()][::7]
    return files


def mutated(content, chance, other):
    """A damaged copy."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        place = chance.randrange(min(len(data), chance.choice((64, 512, 10**6)))) if data else 0
        kind = chance.randrange(7)
        if kind == 0 and data:
            data[place] ^= 1 << chance.randrange(8)
        elif kind == 1 and data:
            data[place] = chance.randrange(256)
        elif kind == 2:
            form = chance.choice("BHI<>")
            size = {"B": "B", "H": "<H", "I": "<I", "<": ">H", ">": ">I"}[form]
            number = chance.choice(NUMBERS) % 256 ** struct.calcsize(size)
            data[place : place + struct.calcsize(size)] = struct.pack(size, number)
        elif kind == 3:
            del data[place : place + chance.randrange(1, 20)]
        elif kind == 4:
            data[place:place] = data[: chance.randrange(1, 60)]
        elif kind == 5:
            start = chance.randrange(len(other))
            data[place:place] = other[start : start + chance.randrange(1, 60)]
        else:
            del data[chance.randrange(len(data) + 1) :]
    return bytes(data)


def settings_text(chance):
    """Text that is nearly a Settings' JSON."""
    text = Settings.preset(chance.choice(presets())).to_json()
    for _ in range(chance.choice((1, 2, 5))):
        place = chance.randrange(len(text))
        word = chance.choice(WORDS)
        text = text[:place] + word + text[place + chance.randrange(1, 12) :]
    return text


def check_picture(content):
    """load_image gives an image or the package's own error."""
    try:
        image = images.load_image(content, 64)
    except errors.StyleTutorError as error:
        assert "\n" not in str(error) and len(str(error)) <= errors.LONGEST
        return
    assert image.dtype == np.float32 and image.ndim == 4 and image.shape[-1] == 3
    assert np.isfinite(image).all() and image.min() >= 0 and image.max() <= 1


def check_settings(text):
    """Settings.from_json gives settings that come back the same, or the package's own error."""
    try:
        settings = Settings.from_json(text)
    except errors.SettingsError:
        return
    assert Settings.from_json(settings.to_json()) == settings


def main():
    """Fuzz until the time is over or something is found. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    args = parser.parse_args()
    chance, files, tried = random.Random(args.seed), seeds(), 0
    end, slowest = time.monotonic() + 60 * args.minutes, 0.0
    print(f"seed {args.seed}, {len(files)} files to begin with", flush=True)
    while time.monotonic() < end:
        tried += 1
        check, given = check_picture, mutated(chance.choice(files), chance, chance.choice(files))
        if tried % 5 == 0:
            check, given = check_settings, settings_text(chance)
        started = time.process_time()
        try:
            check(given)
            took = time.process_time() - started
            assert took < SECONDS, f"it took {took:.0f} s"
            slowest = max(slowest, took)
        except BaseException:
            content = given if isinstance(given, bytes) else given.encode("utf-8", "surrogatepass")
            path = Path(f"fuzz-finding-{args.seed}-{tried}.bin")
            path.write_bytes(content)
            print(f"found something after {tried} inputs: {path}", flush=True)
            raise
    print(f"{tried} inputs in {args.minutes:g} minutes, nothing found; the slowest took {slowest:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
