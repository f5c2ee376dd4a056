"""The pure core: no I/O, no await, no logging, no clock. Time is always an argument."""
