"""What receivers know a message by: its place among all messages, so that nothing else has to be kept."""

ID_PREFIX = "msg_"
# As many digits as any position may have.
_DIGITS_MAX = 18


def message_id(position: int) -> str:
    """What a receiver knows a message by: the same at every try. Of one subject, later messages have higher numbers."""
    return f"{ID_PREFIX}{position}"


def position_of(id: str) -> int | None:
    """The position of a message with this id; None where it can not be one."""
    digits = id.removeprefix(ID_PREFIX)
    is_number = digits != id and digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS_MAX
    return int(digits) if is_number else None
