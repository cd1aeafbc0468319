#!/bin/sh
# Package:   standardwebhooks 1.1.0
# Behaviour: Webhook.sign(id, timestamp, data) takes an aware datetime of any zone and signs the digits of its clock as
#            if they were UTC's: 12:00+02:00 is signed as 12:00 UTC, which is two hours later than the moment meant.
# Guess:     the moment is signed, whatever zone it is written in, as datetime.timestamp() has it.
# Matters:   a shop in Berlin that sends webhook-timestamp from the moment itself sends signatures that no receiver can
#            verify: each delivery is refused, and tried again until it is given up.
. "$(dirname "$0")/lib.sh"
python_packages standardwebhooks==1.1.0
run_python <<'PYTHON'
import base64
import datetime

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

hook = Webhook("whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode())
utc = datetime.datetime.now(tz=datetime.UTC).replace(microsecond=0)
berlin = utc.astimezone(datetime.timezone(datetime.timedelta(hours=2)))
assert utc == berlin
body = '{"type":"order.created"}'


def verified(moment):
    """Whether what is signed at this moment is taken by the same library."""
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": hook.sign("msg_1", moment, body),
    }
    try:
        hook.verify(body, headers)
    except WebhookVerificationError as error:
        return str(error)
    return True


print("signed in UTC:          ", verified(utc))
print("the same moment, +02:00:", verified(berlin))
as_utc = berlin.replace(tzinfo=datetime.UTC)
print("signed like its digits: ", hook.sign("msg_1", berlin, body) == hook.sign("msg_1", as_utc, body))
assert verified(utc) is True
assert verified(berlin) is not True
assert hook.sign("msg_1", berlin, body) == hook.sign("msg_1", as_utc, body)
PYTHON
