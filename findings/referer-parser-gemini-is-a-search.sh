#!/bin/sh
# Package:   referer-parser 0.4.1
# Behaviour: a visit from Gemini, the assistant, is a visit from the search engine Google, as its subdomain falls back
#            to google.com. Other assistants are "unknown".
# Guess:     what the list of referers does not have is unknown, as for any other host.
# Matters:   sales that one assistant brought are credited to the search and those of the others to nobody, so that
#            they can neither be counted nor compared.
. "$(dirname "$0")/lib.sh"
python_packages referer-parser==0.4.1
run_python <<'PYTHON'
from referer_parser import Referer

seen = {}
for host in ("gemini.google.com", "chatgpt.com", "www.perplexity.ai", "claude.ai"):
    found = Referer(f"https://{host}/app", "https://shop.example/")
    seen[host] = found.medium, found.referer
print(seen)
assert seen.pop("gemini.google.com") == ("search", "Google")
assert set(seen.values()) == {("unknown", None)}
PYTHON
