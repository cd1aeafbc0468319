"""Customers, the companies that they act for, and the segments that they are in."""
