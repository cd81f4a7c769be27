"""The paper's equations: Gram matrix, content loss, style loss, and their weighted sum.

Source: Gatys, Ecker and Bethge 2016, "Image Style Transfer Using Convolutional Neural Networks".
"""

from .backend import tf
from .errors import LayerError, refuses
from .filters import total_variation_loss, without_value


@refuses(LayerError)
def gram_matrix(features, guide=None):
    """Gram matrix of feature maps: (b, h, w, c) -> (b, c, c), divided by h·w.

    G_cd = Σ_ij F_ijc F_ijd / (h·w) (eq. 3, there without the normaliser; TensorFlow's tutorial divides).
    guide: (b, h, w, 1), at least 0, weighs the places: Σ_ij m_ij F_ijc F_ijd / Σ_ij m_ij (Gatys et al. 2017,
    "Controlling Perceptual Factors in Neural Style Transfer", eq. 6 and 7 with T² = m / Σ m).
    """
    features = tf.convert_to_tensor(features)
    if guide is None:
        shape = tf.shape(features)
        total = gram_sum(features)
        return total / tf.cast(shape[1] * shape[2], total.dtype)
    return gram_sum(features, guide) / tf.maximum(tf.reduce_sum(guide, [1, 2])[..., None], 1e-12)


@refuses(LayerError)
def gram_sum(features, guide=None):
    """The Gram matrix before it is divided: sums over places, so that those of a picture's parts add up.

    Of features in bfloat16 it is the float32 matrix; only their gradient is in bfloat16 again. A guide gets none.

    The gradient is m F (D + Dᵀ) with D that of the sums: one product where TensorFlow takes two.
    """
    features = tf.convert_to_tensor(features)
    shape = tf.shape(features)
    flat = tf.reshape(features, [shape[0], -1, shape[3]])
    counts = None if guide is None else tf.stop_gradient(tf.reshape(guide, [shape[0], -1, 1]))
    if in_full(flat) is not flat:
        return tf.custom_gradient(lambda values: _in_half(values, counts))(flat)
    product = tf.matmul(tf.stop_gradient(flat), _weighed(flat, counts), transpose_a=True)
    return product + without_value(tf.linalg.matrix_transpose(product))  # through which Dᵀ goes back


def _in_half(flat, counts):
    """The sums of features in half the precision, in float32, and their gradient, whose product takes half, too.

    TensorFlow never forgets what a custom gradient has seen, the whole graph: others do without.
    """

    def gradient(upstream):
        change = tf.matmul(flat, tf.cast(upstream + tf.linalg.matrix_transpose(upstream), flat.dtype))
        return _weighed(change, counts)

    exact = in_full(flat)
    return tf.matmul(exact, _weighed(exact, counts), transpose_a=True), gradient


def _weighed(flat, counts):
    return flat if counts is None else flat * tf.cast(counts, flat.dtype)


@refuses(LayerError)
def in_full(features):
    """Features in half the precision in float32; others as they are."""
    return tf.cast(features, tf.float32) if features.dtype in (tf.bfloat16, tf.float16) else features


@refuses(LayerError)
def blended(grams, blend=None):
    """The mean of several styles' Gram matrices, {layer: (b, c, c)} each, weighed by `blend`; None is all alike."""
    blend = blend or (1.0,) * len(grams)
    return {
        layer: tf.add_n([gram[layer] * (part / sum(blend)) for gram, part in zip(grams, blend, strict=True)])
        for layer in grams[0]
    }


@refuses(LayerError)
def squared_error(value, target, relative):
    """Mean of squared differences, or with `relative` ‖value − target‖² / ‖target‖²: a scalar either way."""
    difference = tf.reduce_mean(tf.square(value - target))
    if not relative:
        return difference
    return difference / tf.maximum(tf.reduce_mean(tf.square(target)), 1e-12)  # a flat target may be all zero


@refuses(LayerError)
def loss_terms(outputs, targets, relative, image=None):
    """The loss's unweighted terms: {"style/<layer>", "content/<layer>", "total_variation"} -> scalar.

    outputs, targets: {"style": {layer: Gram}, "content": {layer: features}} (eq. 1 and 4 up to constants).
    Total variation is the sum over the image, with `relative` per pixel; 0 without an image.
    """
    terms = {
        f"{kind}/{layer}": squared_error(outputs[kind][layer], targets[kind][layer], relative)
        for kind in ("style", "content")
        for layer in outputs[kind]
    }
    variation = tf.constant(0.0) if image is None else total_variation_loss(image)
    if relative and image is not None:
        variation /= tf.cast(tf.shape(image)[1] * tf.shape(image)[2], variation.dtype)
    return terms | {"total_variation": variation}


@refuses(LayerError)
def weighted(terms, coefficients):
    """Terms times their coefficients, with their sums: style, content, total_variation, total (eq. 7)."""
    losses = {name: coefficients[name] * term for name, term in terms.items()}
    for kind in ("style", "content"):
        parts = [value for name, value in losses.items() if name.startswith(f"{kind}/")]
        losses[kind] = tf.add_n(parts) if parts else tf.constant(0.0)
    losses["total"] = losses["style"] + losses["content"] + losses["total_variation"]
    return losses


@refuses(LayerError)
def style_content_loss(outputs, targets, settings, image=None):
    """The weighted loss of eq. 7 as a dict of scalars: style, content, total_variation, total and a term a layer.

    outputs, targets: as `StyleContentModel` gives them. `settings.relative` chooses the tutorial's formulas
    (mean squared differences a layer, averaged over layers) or the same relative to the target.
    total_variation is 0 without the image (n, H, W, 3). The per-layer terms are called "style/block1_conv1" …
    """
    return weighted(loss_terms(outputs, targets, settings.relative, image), settings.coefficients)
