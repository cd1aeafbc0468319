"""The files of pages: what is vendored is what was pinned, and browsers may keep it."""

import base64
import gzip
import hashlib
import json
from pathlib import Path

import httpx

import tillroll.pages
from tests.harness import Server
from tests.shop import NO_CERTIFICATES
from tillroll.pages import assets

FOLDER = Path(tillroll.pages.__file__).parent / "assets"
# A page with its scripts, compressed, loads quickly over a telephone.
KILOBYTES_MAX = 150


def test_vendored_files_are_those_that_were_pinned() -> None:
    packages = json.loads((FOLDER / "vendored.json").read_text("utf-8"))
    assert [(one["name"], one["version"]) for one in packages] == [("chart.js", "4.6.1")]
    for file in (file for package in packages for file in package["files"]):
        algorithm, _, wanted = file["integrity"].partition("-")
        content = (FOLDER / file["to"]).read_bytes()
        assert base64.b64encode(hashlib.new(algorithm, content).digest()).decode() == wanted, file["to"]


def test_files_are_kept_for_as_long_as_they_are_the_same(shared_server: Server) -> None:
    with httpx.Client(base_url=shared_server.url, verify=NO_CERTIFICATES, trust_env=False) as client:
        for name in assets.FILES:
            current = client.get(assets.address_of(name))
            assert current.status_code == 200
            assert "immutable" in current.headers["cache-control"]
            assert current.content == (FOLDER / name).read_bytes()
            assert "immutable" not in client.get(assets.path_of(name)).headers["cache-control"]
            assert "immutable" not in client.get(f"{assets.path_of(name)}?v=old").headers["cache-control"]
            plain = client.get(assets.path_of(name), headers={"accept-encoding": "identity"})
            assert "content-encoding" not in plain.headers
        assert client.get("/assets/vendored.json").status_code == 404
        assert client.get("/assets/../assets/__init__.py").status_code == 404


def test_all_files_of_a_page_are_small_together() -> None:
    weight = sum(len(gzip.compress((FOLDER / name).read_bytes(), 9)) for name in assets.FILES)
    assert weight < KILOBYTES_MAX * 1024
