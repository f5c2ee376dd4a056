"""Pegel: a streaming, real-time engagement monitor for support teams."""

__version__ = "0.1.0"
