"""StyleStudio in words: a run's numbers, a step's caption, and the program that makes the same picture."""

from ..messages import t

CODE = """import styletutor as st

settings = {settings}
content = {content}
style = {style}
run = st.stylize(content, style, settings, st.load_vgg19({network!r}))
for step in run:
    print(step.number, round(step.losses["total"], 4))
st.save_image(run.image, "stylized-image.png", settings, overwrite=True)"""


def program(settings, content, style, network):
    """The Python program that makes the same picture. content, style: code that loads them, at `settings`' sizes."""
    return CODE.format(content=content, style=style, settings=settings.to_python(), network=network)


def numbers(settings, network, losses=None):
    """What a run is made with, then a line for each term: its weight, and its part of the loss where there is one."""
    words = t(
        "{max_dim} px · {steps} steps · {optimizer} · rate {learning_rate:.3g} · from {init} · network "
        "{network}{colours}",
        max_dim=settings.max_dim, steps=settings.steps, optimizer=settings.optimizer,
        learning_rate=settings.learning_rate, init=t(settings.init), network=network,
        colours=t(" · content colours kept") if settings.preserve_colour else "",
    )
    lines = [
        t("{name:22s} weight {weight:<10.4g}", name=name, weight=weight)
        + (t(" loss {loss:.4g}", loss=losses[name]) if losses else "")
        for name, weight in settings.coefficients.items()
    ]
    return "\n".join([words, *lines])


def at_step(step):
    """The caption of a picture that a step gave."""
    return t("step {number}: loss {loss:.4g}", number=step.number, loss=step.losses["total"])
