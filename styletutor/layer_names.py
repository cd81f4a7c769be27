"""VGG19's convolutional layers by name, as Keras has them (Simonyan and Zisserman 2015, configuration E)."""

DEPTHS = (2, 2, 4, 4, 4)  # convolutions of the five blocks
CONVOLUTIONS = tuple(f"block{b}_conv{i}" for b, depth in enumerate(DEPTHS, 1) for i in range(1, depth + 1))
LAYERS = tuple(
    f"block{b}_{kind}" for b, depth in enumerate(DEPTHS, 1)
    for kind in (*(f"conv{i}" for i in range(1, depth + 1)), "pool")
)  # fmt: skip
STYLE_LAYERS = tuple(name for name in CONVOLUTIONS if name.endswith("conv1"))
