"""YAML that remembers its lines, so that an error in a file can name the line."""

from __future__ import annotations

from typing import Any

import yaml

Path = tuple[str | int, ...]


class LinedYaml:
    """A YAML document as plain text values, with the line of each of its parts."""

    def __init__(self, text: str) -> None:
        """Parse the text; every scalar stays text, so that `no` is no boolean and `01` no number.

        Args:
            text: The document.

        Raises:
            yaml.YAMLError: It is no YAML, or names a key twice; the mark says where.
        """
        loader = yaml.SafeLoader(text)
        try:
            self._root = loader.get_single_node()
        finally:
            loader.dispose()
        self.data: Any = _value(self._root) if self._root is not None else None

    def line(self, path: Path) -> int:
        """Find the line of a part.

        Args:
            path: Keys and indexes from the root; what can't be followed ends at its nearest parent.

        Returns:
            The line, counted from 1.
        """
        node, line = self._root, 1
        for step in path:
            child = None
            if isinstance(node, yaml.MappingNode):
                child = next(((k, v) for k, v in node.value if k.value == step), None)
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                child = (node.value[step], node.value[step])
            if child is None:
                continue
            line, node = child[0].start_mark.line + 1, child[1]
        return line


def _value(node: yaml.Node) -> object:
    if isinstance(node, yaml.SequenceNode):
        return [_value(child) for child in node.value]
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key, child in node.value:
            if key.value in result:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key.value!r} again", key.start_mark
                )
            result[key.value] = _value(child)
        return result
    if node.tag == "tag:yaml.org,2002:null":
        return None
    return node.value
