"""`python -m stream_app.cli` is `pegel`, for child processes that must use the same interpreter."""

from stream_app.cli.main import main

main()
