"""A payment service provider to try payments with: Stripe's wire format, books of its own, and faults by script.

    bytes ─► application ─► limits · script · keys ─► routes ─► objects ─► books (one commit) ─► answer, or a fault
                                                                   └─► events ─► courier ─► signed webhooks

It stands in for somebody else's system, so it shares nothing with the code that it is there to try: its books are a
file of its own, its rules are written down here once more, and nobody but tests looks into its ledger.
"""
