"""Choose a picture: from the gallery, by path or address, or by upload."""

from functools import lru_cache

import ipywidgets as widgets

from .. import gallery, images
from ..errors import ImageError
from ..messages import mark, t
from .controls import dropdown
from .layout import column

UPLOAD_MB = 10  # above it the server drops the connection without a word
OWN = mark("your own picture")
LABELS = {"content": mark("Content picture"), "style": mark("Style picture")}
TOOLTIPS = {
    "content": mark("The content picture: one that comes with the course"),
    "style": mark("The style picture: one that comes with the course"),
}


class PicturePicker:
    """The controls that choose one picture, and `load(max_dim)`, which gives it as an image (1, H, W, 3).

    Controls go to the panel under "<role>", "<role>_path" and "<role>_upload"; `changed()` is called when
    another picture is chosen, inside the panel's error boundary.
    """

    def __init__(self, panel, role, names, value, changed):
        self.role, self._own = role, None
        self._sized = lru_cache(maxsize=4)(self._sized)
        self._names = names
        self.choice = panel.add(role, dropdown(
            LABELS[role], [*names, OWN], value, TOOLTIPS[role]
        ))
        self.path = panel.add(f"{role}_path", widgets.Text(
            description=t("or path / URL"), tooltip=t("A file's path or the picture's http(s) address, then Enter"),
            continuous_update=False, layout=widgets.Layout(width="340px"),
        ))
        self.upload = panel.add(f"{role}_upload", widgets.FileUpload(
            accept="image/*", description=t("Upload (up to {most} MB)", most=UPLOAD_MB),
            tooltip=t("A picture from your computer; larger files: give their path"),
            layout=widgets.Layout(width="auto"),
        ))
        self._changed = changed
        self.choice.observe(panel.guarded(self._chosen), "value")
        self.path.observe(panel.guarded(lambda change: self._take(change["new"].strip())), "value")
        self.upload.observe(panel.guarded(lambda change: self._take(change["new"])), "value")
        self.box = column(self.choice, self.path, self.upload)

    @property
    def name(self):
        """The gallery name or the file's name of what is chosen."""
        return self._label if self.choice.value == OWN else self.choice.value

    def code(self, max_dim):
        """The Python expression that loads the same picture; max_dim: the expression of its longer side in pixels."""
        if self.choice.value == OWN:
            path = self._label if self._from_path else t("path of {label}", label=self._label)
            return f"st.load_image({path!r}, {max_dim})"
        return f"st.gallery.load({self.choice.value!r}, {max_dim})"

    def load(self, max_dim):
        """The image chosen, longer side at most max_dim: read-only, the same array while the choice is the same.

        Raises ImageError or DownloadError.
        """
        return self._sized(self.choice.value, max_dim)

    def _sized(self, choice, max_dim):
        if choice == OWN and self._own is None:
            raise ImageError(t("No picture of your own yet: give its path or address, or upload it."))
        image = images.resize(self._own, max_dim) if choice == OWN else gallery.load(choice, max_dim)
        image.setflags(write=False)
        return image

    def _take(self, source):
        """A path or an upload: read it once, keep it, choose it."""
        if not source:
            return
        self._own = images.load_image(source, 2048)
        self._sized.cache_clear()
        self._from_path = isinstance(source, str)
        self._label = source if self._from_path else images.uploaded(source)[1]
        if self.choice.value == OWN:
            self._changed()
        else:
            self.choice.value = OWN

    def _chosen(self, change):
        if change["new"] != OWN or self._own is not None:
            self._changed()
        else:
            self.load(0)
