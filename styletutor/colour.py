"""Two ways to keep the content picture's colours. NumPy alone.

Source: Gatys, Bethge, Hertzmann and Shechtman 2016, "Preserving Color in Neural Artistic Style Transfer".
"""

import numpy as np

LUMINANCE = np.array([0.299, 0.587, 0.114], "float32")  # the Y of YIQ


def preserve_colour(content, stylized):
    """The stylized image with the content image's colours: its luminance, the other's chrominance (both (1, H, W, 3)).

    Done after the transfer; luminance is the Y of YIQ (section 4 of the paper).
    """
    return np.clip(content + ((stylized - content) @ LUMINANCE)[..., None], 0, 1)


def match_colours(style, content):
    """The style image (1, H, W, 3) with the content image's mean colour and covariance of colours.

    Done before the transfer: each pixel x becomes A·x + b with A = Σ_c^½ Σ_s^-½, the linear map of the paper's
    section 3 with matrix square roots, and is clipped to [0, 1]. A colour that the style lacks can't be made.
    """
    pixels, wanted = (image.reshape(-1, 3).astype("float64") for image in (style, content))
    matrix = _root(np.cov(wanted.T)) @ _root(np.cov(pixels.T), inverse=True)
    matched = (pixels - pixels.mean(0)) @ matrix.T + wanted.mean(0)
    return np.clip(matched, 0, 1).astype("float32").reshape(style.shape)


def _root(covariance, inverse=False):
    """The symmetric square root of a covariance, or its inverse, where a variance of 0 stays 0."""
    values, vectors = np.linalg.eigh(covariance)
    values = np.where(values > 1e-8, values, 0) ** 0.5
    if inverse:
        values = np.divide(1, values, out=np.zeros(3), where=values > 0)
    return vectors * values @ vectors.T
