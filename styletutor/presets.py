"""The numbers of papers and tutorials as `Settings` has them: {preset: what differs from its defaults}."""

PRESETS = {
    # Tuned for the embedded network: the deeper Gram matrices bend objects more than they bring strokes, a shallow
    # content layer beside the deep ones keeps lines straight, a little total variation takes the grain out of skies,
    # and a margin the colours of zero padding off the edges.
    "quick": {
        "content_layers": ("block2_conv2", "block4_conv1", "block4_conv2"),
        "style_weight": 10.0,
        "tv_weight": 0.4,
        "margin": 8,
        "layer_weights": {"block4_conv1": 0.5, "block5_conv1": 0.3},
    },
    # TensorFlow's tutorial "Neural style transfer"; its second run has tv_weight=30.
    "tutorial": {
        "content_layers": ("block5_conv2",),
        "style_weight": 1e-2,
        "content_weight": 1e4,
        "relative": False,
        "learning_rate": 0.02,
        "beta_1": 0.99,
        "epsilon": 1e-1,
        "steps": 1000,
        "max_dim": 512,
    },
    # Gatys et al. 2016 as in the authors' own code: each style layer weighs 1000 / channels².
    "gatys": {
        "style_weight": 5 * 1e3,
        "content_weight": 1.0,
        "layer_weights": {"block1_conv1": 64**-2, "block2_conv1": 128**-2, "block3_conv1": 256**-2}
        | {"block4_conv1": 512**-2, "block5_conv1": 512**-2},
        "relative": False,
        "optimizer": "lbfgs",
        "pooling": "avg",
        "steps": 500,
        "max_dim": 512,
    },
    # Keras' own example: Gram matrices of sums, /(4·3²·(rows·columns)²), so that layer l weighs
    # channels² / (36·16^(block-1)); its content sum is turned into our mean at 400 × 533 pixels,
    # its smoothed total variation (power 1.25) into ours at a mean difference of 10 levels.
    "keras": {
        "content_layers": ("block5_conv2",),
        "style_weight": 1e-6 * 5,
        "content_weight": 2.5e-8 * 25 * 33 * 512,
        "tv_weight": 1e-6 * 255 * 18,
        "layer_weights": {
            f"block{b}_conv1": n**2 / (36 * 16 ** (b - 1)) / 5 for b, n in enumerate((64, 128, 256, 512, 512), 1)
        },
        "relative": False,
        "optimizer": "sgd",
        "beta_1": 0.0,
        "learning_rate": 100 / 255**2,
        "decay": 0.96,
        "decay_steps": 100,
        "steps": 4000,
        "max_dim": 533,
    },
    # Dive into Deep Learning, section 14.12: Gram / channels; its pictures have unit variance, ours 58 levels.
    "d2l": {
        "content_layers": ("block4_conv4",),
        "style_weight": 5 * 1e4 / 58**4,
        "content_weight": 1.0 / 58**2,
        "tv_weight": 22 / (300 * 450 * 3),
        "layer_weights": {f"block{b}_conv1": float(n) ** -2 for b, n in enumerate((64, 128, 256, 512, 512), 1)},
        "relative": False,
        "learning_rate": 0.3 / 4.4,
        "decay": 0.8,
        "decay_steps": 50,
        "steps": 500,
        "max_dim": 450,
    },
}
