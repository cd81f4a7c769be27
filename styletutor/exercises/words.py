"""What exercises say goes through here."""


def t(message, **values):
    """The message with its values."""
    return message.format(**values) if values else message


def mark(message):
    """The message as it is: it is given to `t` later."""
    return message
