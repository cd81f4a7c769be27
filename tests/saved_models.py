"""SavedModels that tests build: one with the signature of Magenta's network, and some that are like it but for a fault.

The first two batches of pictures go in as `placeholder` and `placeholder_1`, one comes out as `output_0`.
"""

import tensorflow as tf

PICTURES = tf.TensorSpec((None, None, None, 3), tf.float32)
SHARE = 0.75  # of the content in what Halfway gives


class Halfway(tf.Module):
    """SHARE of the content, and of the style's mean colour the rest; kept in a variable, as a network's weights are."""

    def __init__(self):
        super().__init__()
        self.share = tf.Variable(SHARE)

    @tf.function(input_signature=[PICTURES, PICTURES])
    def __call__(self, placeholder, placeholder_1):
        """A list with the mixed pictures."""
        mean = tf.reduce_mean(placeholder_1, (1, 2), keepdims=True)
        return [self.share * placeholder + (1 - self.share) * mean]


class NotANumber(tf.Module):
    """NaN everywhere."""

    @tf.function(input_signature=[PICTURES, PICTURES])
    def __call__(self, placeholder, placeholder_1):
        """A list with pictures of nothing."""
        return [placeholder / (0 * tf.reduce_mean(placeholder_1)) * 0]


class Failing(tf.Module):
    """Raises in the graph."""

    @tf.function(input_signature=[PICTURES, PICTURES])
    def __call__(self, placeholder, placeholder_1):
        """No pictures."""
        return [tf.ensure_shape(placeholder, (None, 7, 7, 3)) + 0 * tf.reduce_mean(placeholder_1)]


class OneInput(tf.Module):
    """Another signature."""

    @tf.function(input_signature=[PICTURES])
    def __call__(self, image):
        """The same pictures."""
        return [tf.identity(image)]


def save(kind, folder):
    """Write a SavedModel of one of the above into a folder; returns the folder."""
    module = kind()
    tf.saved_model.save(module, str(folder), signatures=module.__call__)
    return folder
