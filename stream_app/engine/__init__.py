"""Batch agents and batch tables on Faust: transport, flush, recovery, fencing."""
