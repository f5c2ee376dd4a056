"""`pegel version`: what is installed, for bug reports."""

import platform

import typer

from stream_app import __version__
from stream_app.cli.options import JsonOption
from stream_app.cli.output import print_json

app = typer.Typer()


@app.command()
def version(as_json: JsonOption = False) -> None:
    """Print the version of Pegel and of the Python that runs it."""
    found = {"pegel": __version__, "python": platform.python_version()}
    if as_json:
        print_json(found)
    else:
        typer.echo(f"pegel {found['pegel']} (Python {found['python']})")
