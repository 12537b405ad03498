"""How far an analysis is, as a page says it."""

from dataclasses import dataclass

from surveyd.results.analyses import AnalysisLine
from surveyd.results.analysis_models import AnalysisState


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an analysis is: `is_newer` says that answers have come since it was worked out."""

    line: AnalysisLine | None
    is_newer: bool

    @property
    def is_working(self) -> bool:
        """Whether a worker is at it, or will be."""
        return self.line is not None and self.line.is_wanted

    @property
    def has_failed(self) -> bool:
        """Whether somebody has to ask again."""
        return self.line is not None and self.line.state is AnalysisState.FAILED

    @property
    def is_to_be_asked(self) -> bool:
        """Whether asking would bring something."""
        return not self.is_working and (self.line is None or self.line.result is None or self.is_newer)
