"""The examples of docs/attribution.md are run as they stand there, and its tables name what there is."""

import doctest
import re

from tests.house.tree import ROOT
from tillroll.domain.attribution.models import MODELS
from tillroll.domain.attribution.paths import Rule
from tillroll.domain.attribution.presets import PRESETS

DOCUMENT = ROOT / "docs" / "attribution.md"


def test_the_example_is_what_comes_out() -> None:
    tried = doctest.testfile(str(DOCUMENT), module_relative=False, encoding="utf-8")
    assert tried.attempted > 10
    assert tried.failed == 0


def test_every_model_rule_and_rule_set_is_documented() -> None:
    text = DOCUMENT.read_text("utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \|", text, re.MULTILINE)
    assert rows == [*MODELS, *(rules.name for rules in PRESETS)]
    assert all(f"`{rule}`" in text for rule in Rule)
