"""The command line: `bankmart`."""

from loaders.cli.app import main

__all__ = ["main"]
