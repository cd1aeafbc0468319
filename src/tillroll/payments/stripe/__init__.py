"""Stripe behind the provider protocol, through Stripe's own SDK, which only `client` imports.

connector ──► client ──► the SDK ──► carrier (httpx, each request once) ──► Stripe, or the simulator
                 └── answers: what is told, as values of the domain        bells: webhooks, verified and not believed
"""
