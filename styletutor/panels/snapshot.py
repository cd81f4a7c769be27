"""A panel's pictures on one sheet, for readers of a saved notebook where no widgets run.

JupyterLab prefers the widget to the sheet in a notebook that it trusts, and without a kernel waits for it; there the
extension in styletutor/jupyter shows the sheet.
"""

import io

from PIL import Image

WIDTH, GAP = 960, 8  # pixels


def sheet(pictures):
    """JPEG bytes of pictures, given as (bytes, height in pixels), in rows at most WIDTH wide; None without any."""
    tiles, x, y, tallest = [], 0, 0, 0
    for content, height in pictures:
        image = Image.open(io.BytesIO(content)).convert("RGBA")
        image.thumbnail((WIDTH, height))
        if x and x + image.width > WIDTH:
            x, y, tallest = 0, y + tallest + GAP, 0
        tiles.append((image, (x, y)))
        x, tallest = x + image.width + GAP, max(tallest, image.height)
    if not tiles:
        return None
    whole = Image.new("RGB", (WIDTH, y + tallest), "white")
    for image, place in tiles:
        whole.paste(image, place, image)
    buffer = io.BytesIO()
    whole.save(buffer, "JPEG", quality=75)
    return buffer.getvalue()
