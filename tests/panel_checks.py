"""Checks that every panel must pass: each control moves a picture and a number, and errors show in the panel.

`moves` maps a control's name to what a reader does with it: the value it is set to, CLICK for a button, or a
function of the panel for anything else. `prepare`, where given, brings the panel into the state in which the
control matters before it is moved.
"""

import html
import re
import threading

import ipywidgets as widgets

CLICK = object()
NUMBER = re.compile(r"[-+−]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def text_of(markup):
    """The text of an HTML fragment, without tags and with entities decoded."""
    return html.unescape(re.sub(r"<[^>]*>", " ", markup))


def seen(panel):
    """(picture bytes by name, every number in captions and readout): what a reader sees of a panel."""
    pictures = {name: bytes(picture.image.value) for name, picture in panel.pictures.items()}
    words = [picture.caption.value for picture in panel.pictures.values()] + [panel.readout.value]
    return pictures, NUMBER.findall(" ".join(map(text_of, words)))


def move(panel, name, moves):
    """Do with the named control what `moves` says."""
    control, what = panel.controls[name], moves[name]
    if what is CLICK:
        control.click()
    elif callable(what):
        what(panel)
    else:
        assert control.value != what, f"the move of {name} does not move it: it is at {what!r} already"
        control.value = what


def check_control(panel, name, moves, prepare=None):
    """Moving the control changes the bytes of a picture and a number beside it, and raises no alert."""
    if prepare:
        prepare(panel)
    pictures, numbers = seen(panel)
    move(panel, name, moves)
    pictures_after, numbers_after = seen(panel)
    assert panel.alert.value == "", f"{name}: {text_of(panel.alert.value)}"
    assert pictures != pictures_after, f"moving {name} changes no picture"
    assert numbers != numbers_after, f"moving {name} changes no number in the captions or the readout"


def check_handlers_matter(panel, name, moves, prepare=None):
    """With the control's handlers removed, moving it changes nothing: check_control fails without them."""
    if prepare:
        prepare(panel)
    before = seen(panel)
    remove_handlers(panel.controls[name])
    move(panel, name, moves)
    assert seen(panel) == before, f"{name} changes the panel although its handlers are removed"


def remove_handlers(control):
    """Take away whatever the panel does when the control changes or is clicked."""
    control.unobserve_all("value")
    if isinstance(control, widgets.Button):
        control._click_handlers.callbacks.clear()


def check_moves_are_complete(panel, moves):
    """Each control of the panel has a move in the test, and each move a control."""
    assert set(moves) == set(panel.controls)


def check_accessible(panel):
    """Each control has a description and a tooltip in words; each picture a fixed height and a caption."""
    for name, control in panel.controls.items():
        assert text_of(control.description).strip(), f"{name} has no description"
        title = re.search(r'title="([^"]*)"', control.description)  # where ipywidgets sends no tooltip to the page
        tooltip = title[1] if title else control.tooltip or ""
        assert len(tooltip.split()) >= 3, f"{name} has no tooltip that helps"
    for name, picture in panel.pictures.items():
        assert picture.image.layout.height.endswith("px"), f"{name} has no fixed height"
        if picture.layout.display == "none":  # appears when a button asks for it
            continue
        assert picture.image.value, f"{name} shows nothing at first"
        assert len(text_of(picture.caption.value).split()) >= 3, f"{name} has no caption"


def check_heights_stay(panel, moves, prepare=None):
    """No move changes the height that a picture takes on the page."""
    heights = {name: picture.image.layout.height for name, picture in panel.pictures.items()}
    for name in moves:
        if prepare:
            prepare(panel)
        move(panel, name, moves)
        assert heights == {n: picture.image.layout.height for n, picture in panel.pictures.items()}, name


def check_error_is_shown(panel, name, moves, break_it, mend_it, move_again):
    """An error in a callback appears in the alert as text; after mending, the panel works, the alert is gone.

    break_it() makes what the callback calls raise an error whose text holds "<injected>"; mend_it() undoes
    it; move_again(panel) moves any control afterwards.
    """
    break_it()
    move(panel, name, moves)
    assert 'role="alert"' in panel.alert.value.replace("'", '"')
    assert "<injected>" not in panel.alert.value, "the error's text is not escaped"
    assert "<injected>" in html.unescape(panel.alert.value)
    mend_it()
    before = seen(panel)[0]
    move_again(panel)
    assert panel.alert.value == "" and panel.error is None
    assert seen(panel)[0] != before


def check_works_from_another_thread(panel, name, moves):
    """A callback that comes from a thread other than the one that made the panel does the same."""
    before = seen(panel)
    thread = threading.Thread(target=move, args=(panel, name, moves))
    thread.start()
    thread.join(30)
    assert panel.alert.value == "" and seen(panel) != before
