"""Reads files of events, canonical or foreign, and sends them to Kafka in event time."""

from stream_app.replay.mapping import Mapping, load_mapping
from stream_app.replay.reader import EventFile, Unreadable, read_events, stop

__all__ = ["EventFile", "Mapping", "Unreadable", "load_mapping", "read_events", "stop"]
