"""What the audit says of the cases that its checks find."""

from string import Formatter

from tests.store.audit.test_rows import CHECKS
from tillroll.engine.shops.audit import BY_CHECK, SHARES
from tillroll.store.audit.rows import Check


def test_every_sentence_has_a_place_for_each_column_of_its_check() -> None:
    said = {check: sentence for _name, _promise, checks in BY_CHECK for check, sentence in checks}
    said[Check.SHARES_OF_REVENUE] = SHARES
    places = {
        check: sum(name is not None for _text, name, _spec, _conversion in Formatter().parse(sentence))
        for check, sentence in said.items()
    }
    assert places == {check: len(columns) for check, columns in CHECKS.items() if isinstance(columns, tuple)}
