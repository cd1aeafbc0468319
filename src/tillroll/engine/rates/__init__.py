"""Dated rates of exchange: set, listed, taken away, and figures that they convert."""
