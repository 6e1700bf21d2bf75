"""Scores as a table."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

import numpy as np

from .errors import InputError


class FeatureTable(Mapping[str, np.ndarray]):
    """Scores, a row for each feature.

    table["k_std"] is a tensor by name: those of one dimension, the columns, have a number for each of the k features, others more, such as
    table["r2"] [k, layers].

    artifact: digest, by which anybody may ask for the same numbers.
    attributes: small facts, such as the names of the layers.
    """

    def __init__(self, artifact: str, kind: str, attributes: Mapping[str, Any], tensors: Mapping[str, np.ndarray]):
        self.artifact = artifact
        self.kind = kind
        self.attributes = dict(attributes)
        self._tensors = dict(tensors)
        self.columns = tuple(name for name, tensor in tensors.items() if tensor.ndim == 1)
        sizes = {self._tensors[name].shape[0] for name in self.columns}
        if len(sizes) != 1:
            accepted = "complexity, over-training, importance, sensitivity, locality or fidelity"
            raise InputError("artifact", "has no scores with a number for each feature", kind, accepted)
        self.features = sizes.pop()

    def __getitem__(self, name: str) -> np.ndarray:
        return self._tensors[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)

    def rows(self) -> list[dict[str, Any]]:
        """The columns, row by row, with the number of the feature."""
        values = {name: self._tensors[name].tolist() for name in self.columns}
        return [{"feature": feature, **{name: column[feature] for name, column in values.items()}} for feature in range(self.features)]

    def to_numpy(self) -> np.ndarray:
        """The columns as a structured array [k]."""
        table = np.empty(self.features, [(name, self._tensors[name].dtype) for name in self.columns])
        for name in self.columns:
            table[name] = self._tensors[name]
        return table

    def to_pandas(self) -> Any:
        """The columns as a pandas.DataFrame, where pandas is installed."""
        import pandas

        return pandas.DataFrame({name: self._tensors[name] for name in self.columns}, index=pandas.RangeIndex(self.features, name="feature"))

    def __repr__(self) -> str:
        return f"<{self.kind} of {self.features} features: {', '.join(self)}>"
