#!/bin/sh
# Package:   stripe 16.1.0 with httpx 0.28.1
# Behaviour: StripeClient(key, proxy=…) sends its calls through the proxy, but each of its `…_async` calls fails before
#            anything is sent, with an APIConnectionError ("Network error: A TypeError was raised") that says it may be
#            retried: the SDK hands httpx a parameter that httpx does not have.
# Guess:     one client has one proxy, or refuses it when it is made.
# Matters:   a shop behind a proxy takes every async payment for one that the network lost, and tries it again for ever.
. "$(dirname "$0")/lib.sh"
python_packages stripe==16.1.0 httpx==0.28.1
run_python <<'PYTHON'
import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import stripe

stripe.enable_telemetry = False
asked = []


class Proxy(BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.path)
        body = b'{"id": "pi_1", "object": "payment_intent"}'
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = stripe.StripeClient(
    "sk_test_x",
    proxy=f"http://127.0.0.1:{server.server_address[1]}",
    base_addresses={"api": "http://payments.example"},
)
found = client.v1.payment_intents.retrieve("pi_1").id
print("sync: ", found, asked)
assert (found, len(asked)) == ("pi_1", 1)
try:
    asyncio.run(client.v1.payment_intents.retrieve_async("pi_1"))
except stripe.APIConnectionError as error:
    print("async:", repr(error.__cause__), "may be retried:", error.should_retry)
    assert isinstance(error.__cause__, TypeError)
    assert error.should_retry
    assert len(asked) == 1
else:
    raise SystemExit("the async call went through")
PYTHON
