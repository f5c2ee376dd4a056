"""`make bench`: all figures, one after the other."""

from tests.bench import engine

engine.main()
