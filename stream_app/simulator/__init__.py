"""A made-up support organisation whose events look like those of a real one. Pure: it sends nothing."""

from stream_app.simulator.delivery import Delivery, deliveries, simulate
from stream_app.simulator.load import LoadPlan, load_batches
from stream_app.simulator.plan import Outage, Plan

__all__ = ["Delivery", "LoadPlan", "Outage", "Plan", "deliveries", "load_batches", "simulate"]
