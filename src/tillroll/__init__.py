"""Tillroll: a shop's checkout as one atomic transaction, and every cart and checkout event in one durable ledger."""

__version__ = "0.1.0"
