"""The loop of TensorFlow's tutorial "Neural style transfer", written here without styletutor's own: the baseline.

Constants: style weight 1e-2, content weight 1e4, Adam(0.02, beta_1=0.99, epsilon=0.1), content block5_conv2.
"""

import keras
import tensorflow as tf

STYLE_LAYERS = ["block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1", "block5_conv1"]
CONTENT_LAYERS = ["block5_conv2"]


def train_step(network, content, style, tv_weight=0.0):
    """(step, image): step() does one step and returns the loss before it, a tensor; image is the tf.Variable.

    network: a Keras model with VGG19's layer names that takes preprocessed pictures.
    """
    outputs = [network.get_layer(name).output for name in STYLE_LAYERS + CONTENT_LAYERS]
    extractor = keras.Model([network.input], outputs)
    extractor.trainable = False
    style_targets, content_targets = tf.constant(style), tf.constant(content)
    style_targets = extract(extractor, style_targets)["style"]
    content_targets = extract(extractor, content_targets)["content"]
    image = tf.Variable(content)
    optimizer = keras.optimizers.Adam(learning_rate=0.02, beta_1=0.99, epsilon=1e-1)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            found = extract(extractor, image)
            style_loss = tf.add_n(
                [tf.reduce_mean((found["style"][name] - style_targets[name]) ** 2) for name in STYLE_LAYERS]
            )
            content_loss = tf.add_n(
                [tf.reduce_mean((found["content"][name] - content_targets[name]) ** 2) for name in CONTENT_LAYERS]
            )
            loss = style_loss * 1e-2 / len(STYLE_LAYERS) + content_loss * 1e4 / len(CONTENT_LAYERS)
            if tv_weight:
                loss += tv_weight * tf.image.total_variation(image)[0]
        gradient = tape.gradient(loss, image)
        optimizer.apply_gradients([(gradient, image)])
        image.assign(tf.clip_by_value(image, 0.0, 1.0))
        return loss

    return step, image


def extract(extractor, image):
    """{"style": {layer: Gram}, "content": {layer: features}} of an image in [0, 1]."""
    outputs = extractor(keras.applications.vgg19.preprocess_input(image * 255.0))
    grams = [gram_matrix(output) for output in outputs[: len(STYLE_LAYERS)]]
    return {
        "style": dict(zip(STYLE_LAYERS, grams, strict=True)),
        "content": dict(zip(CONTENT_LAYERS, outputs[len(STYLE_LAYERS) :], strict=True)),
    }


def gram_matrix(features):
    """Sums of products over places, divided by the number of places."""
    shape = tf.shape(features)
    return tf.einsum("bijc,bijd->bcd", features, features) / tf.cast(shape[1] * shape[2], tf.float32)
