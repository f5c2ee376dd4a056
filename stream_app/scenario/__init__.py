"""Scenario files: unit tests for a policy, run through the core with a clock of their own.

`load_scenario` reads a file and says everything that is wrong with it; `run_scenario` runs it and
says which of its expectations do not hold. No Kafka, no waiting, no wall clock.
"""

from stream_app.scenario.judging import Difference, Verdict
from stream_app.scenario.model import Scenario
from stream_app.scenario.reading import load_scenario
from stream_app.scenario.running import run_scenario

__all__ = ["Difference", "Scenario", "Verdict", "load_scenario", "run_scenario"]
