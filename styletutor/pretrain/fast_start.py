"""What a training of a packaged fast network starts with: its network, its judge, its batches."""

from .. import gallery
from ..fast import ArbitraryNetwork, FastNetwork, arbitrary_network, gallery_network
from ..fast.training import LOSS
from ..pace import Budget
from ..vgg19 import load_vgg19
from . import teacher
from .fast_crops import Examples, MixedCrops, StyleCrops, Turns
from .fast_lessons import ArbitraryLesson, GalleryLesson
from .fast_trainer import FastTrainer
from .supply import Supply


def training(options, pictures):
    """The FastTrainer that the command's options ask for. pictures: a `Pictures`, whose paintings are cropped too."""
    settings = LOSS.replace(style_weight=options.style_weight)
    crops = MixedCrops(options.seed, options.side, options.count, pictures.paintings)
    lesson, styles = (_gallery if options.network == "gallery" else _arbitrary)(options, settings, crops)
    batch = Supply(Examples(crops, styles), options.workers)
    return FastTrainer(lesson, batch, Budget(options.minutes), options.seed, options.peak)


def judge(given, precision="float32"):
    """A network that the loss looks through: "embedded", "imagenet", or the encoder at a path, in float32 always."""
    if given in ("embedded", "imagenet"):
        return load_vgg19(given, precision=precision)
    return teacher.encoder_network(teacher.read(given))


def _views(options):
    precision = "bfloat16" if options.bfloat16 else "float32"
    return [judge(given, precision) for given in options.judges], (1, 2) if options.halved else (1,)


def _gallery(options, settings, crops):
    fast = FastNetwork(gallery.PAINTED, options.seed)
    if options.start:
        fast.set_arrays(gallery_network().arrays())
    styles = {name: gallery.load(name, settings.max_dim) for name in fast.names}
    judges, sights = _views(options)
    lesson = GalleryLesson(fast, settings, judges, styles, sights, options.emphasis)
    return lesson, Turns(options.seed, options.count, len(styles))


def _arbitrary(options, settings, crops):
    fast = ArbitraryNetwork(options.seed)
    if options.start:
        fast.set_arrays(arbitrary_network().arrays())
    else:
        fast.begin(gallery_network())
    styles = StyleCrops(options.seed, options.style_side, options.count, crops.paintings, crops.pictures)
    return ArbitraryLesson(fast, settings, *_views(options)), styles
