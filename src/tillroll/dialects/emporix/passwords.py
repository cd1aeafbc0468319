"""What a new password of a customer has to be."""

from tillroll.dialects.http import Problem

# Eight is what NIST SP 800-63B asks for at least; nobody types more than a few hundred.
PASSWORD_CHARACTERS_MIN = 8
PASSWORD_CHARACTERS_MAX = 256


def password_problem(field: str, password: str) -> Problem | None:
    """What is wrong with a new password, if anything."""
    if PASSWORD_CHARACTERS_MIN <= len(password) <= PASSWORD_CHARACTERS_MAX:
        return None
    bounds = f"{PASSWORD_CHARACTERS_MIN} to {PASSWORD_CHARACTERS_MAX}"
    return Problem(field, "invalid_value", f"{field} must have {bounds} characters")
