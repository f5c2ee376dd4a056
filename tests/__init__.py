"""Pegel's tests, one directory per tier; a test carries the marker of its directory."""
