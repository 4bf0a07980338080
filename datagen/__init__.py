"""A small synthetic bank that writes the files a real one would send, day by day."""

from datagen.generate import generate
from datagen.model import GenerationReport

__all__ = ["GenerationReport", "generate"]
