"""surveyd: business-to-business relationship programs on one self-hosted server."""

__version__ = "0.1.0"
