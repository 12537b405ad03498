"""What an e-mail address says about where somebody works."""

SHARED_DOMAINS = frozenset(
    {
        "163.com", "aol.com", "free.fr", "gmail.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com",
        "icloud.com", "live.com", "me.com", "orange.fr", "outlook.com", "proton.me", "protonmail.com",
        "qq.com", "t-online.de", "web.de", "yahoo.co.jp", "yahoo.com",
    }
)  # fmt: skip
"""Where anybody has an address: it says nothing about the company."""


def company_domain(address: str) -> str:
    """The domain of an address in lower case; empty for one where anybody may have an address."""
    domain = address.rpartition("@")[2].lower() if "@" in address else ""
    return "" if domain in SHARED_DOMAINS else domain
