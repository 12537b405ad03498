"""The shapes in which answers arrive: one place for each person, and codes instead of names."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.integer[Any]]
"""Whole numbers, of any width: ratings, or which account a person belongs to, counted from 0."""
Mask = NDArray[np.bool_]
Numbers = NDArray[np.floating[Any]] | NDArray[np.integer[Any]]
