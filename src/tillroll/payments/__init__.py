"""Payments outside: what providers are asked, by whom, and who asks again."""
