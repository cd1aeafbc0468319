"""Settings: where each value comes from, and what is said of one that can not be used."""

import re
from pathlib import Path

import pytest

from tillroll.settings import Settings, load


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.__struct_fields__:
        monkeypatch.delenv(f"TILLROLL_{name.upper()}", raising=False)


def file_of(folder: Path, text: str) -> Path:
    """A file of settings."""
    path = folder / "tillroll.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_flag_goes_before_a_variable_and_a_variable_before_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = file_of(tmp_path, 'port = 1\nworkers = 2\nhost = "::1"\n')
    monkeypatch.setenv("TILLROLL_PORT", "3")
    monkeypatch.setenv("TILLROLL_WORKERS", "4")
    found = load({"port": 5, "db": None}, config)
    assert (found.port, found.workers, found.host, found.db) == (5, 4, "::1", Settings().db)


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("port = 1\nprot = 2", 2, "there is no setting prot; did you mean port?"),
        ("# port\n\nport = 99999", 3, "Expected `int` <= 65535"),
        ("port = 1\n[server]\nhost = 'x'", 2, "there is no setting server"),
        ("'workers' = 0", 1, "Expected `int` >= 1"),
        ("request_seconds = 0", 1, "Expected `float` > 0"),
        ("head_seconds_max = inf", 1, "a finite number is needed"),
        ("request_seconds = nan", 1, "Expected `float` > 0"),
        ("wal_bytes_max = -1", 1, "Expected `int` >= 0"),
        ("secure_cookies = 'perhaps'", 1, "Expected `bool`"),
        ("log_level = 'loud'", 1, "loud"),
        ("trusted_proxies = '::1, proxy'", 1, "trusted_proxies: 'proxy'"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_with_its_line(tmp_path: Path, text: str, line: int, problem: str) -> None:
    config = file_of(tmp_path, text)
    with pytest.raises(ValueError, match=re.escape(f"{config}:{line}: ")) as raised:
        load({}, config)
    assert problem in str(raised.value)


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"tillroll\.toml: .*line 2"):
        load({}, file_of(tmp_path, "port = 1\nport\n"))


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("TILLROLL_PROT", "1", "there is no setting prot; did you mean port?"),
        ("TILLROLL_PORT", "zz", "Expected `int`"),
        ("TILLROLL_PORT", "-1", "Expected `int` >= 0"),
        ("TILLROLL_WORKERS", "0", "Expected `int` >= 1"),
        ("TILLROLL_", "x", "there is no setting"),
    ],
)
def test_what_is_wrong_in_the_environment_is_named_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, problem: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValueError, match=f"^{variable}: ") as raised:
        load({})
    assert problem in str(raised.value)


def test_a_flag_is_named_as_it_is_written() -> None:
    with pytest.raises(ValueError, match=r"^--request-seconds: "):
        load({"request_seconds": -1})


def test_every_number_has_a_range() -> None:
    for name in Settings.__struct_fields__:
        if isinstance(getattr(Settings(), name), (int, float)) and not isinstance(getattr(Settings(), name), bool):
            with pytest.raises(ValueError, match=name.replace("_", "-")):
                load({name: -1})
