r"""The formulas of these pages as MathML, which browsers draw without a script: a small part of TeX.

    mathml(r"\frac{P - D}{n}", block=True)

It knows what these pages use and raises ValueError for anything else, so that a formula is never drawn wrong.
"""

import re
from dataclasses import dataclass
from html import escape

TOKEN = re.compile(r"\\[a-zA-Z]+|\\[,; ]|\s+|[0-9]+(?:\.[0-9]+)?|.", re.DOTALL)
SUM = "<mo>∑</mo>"
LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "varepsilon": "ε", "theta": "θ", "mu": "μ",
    "rho": "ρ", "sigma": "σ", "tau": "τ", "chi": "χ", "Lambda": "Λ", "Sigma": "Σ",
    "ln": "ln", "max": "max", "min": "min",
}  # fmt: skip
SIGNS = {
    "cdot": "·", "pm": "±", "le": "≤", "ge": "≥", "in": "∈", "ni": "∋", "cup": "∪", "to": "→", "iff": "⇔",
    "ldots": "…", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "top": "⊤", "sum": "∑",
}  # fmt: skip
SPACES = {",": "0.17em", ";": "0.28em", " ": "0.33em", "quad": "1em", "qquad": "2em"}
PLAIN = {
    **{name: f"<mi>{letter}</mi>" for name, letter in LETTERS.items()},
    **{name: f"<mo>{sign}</mo>" for name, sign in SIGNS.items()},
    **{name: f'<mspace width="{width}"/>' for name, width in SPACES.items()},
    "bmod": '<mspace width="0.28em"/><mi>mod</mi><mspace width="0.28em"/>',
}
"""What stands for itself."""
WRAPPED = {
    "bar": ('<mover accent="true">', "<mo>¯</mo></mover>"),
    "hat": ('<mover accent="true">', "<mo>^</mo></mover>"),
    "sqrt": ("<msqrt>", "</msqrt>"),
    **dict.fromkeys(("left", "right", "big", "Big"), ("", "")),
}
"""What stands around the next thing; brackets grow by themselves."""
NOT = {"\\ni": "∌", "\\in": "∉"}
SPACE = "\N{SYMBOL FOR SPACE}"
WORDS = re.compile(r"(\\(?:text|mathrm|operatorname)\{)([^{}]*)(\})")


def mathml(formula: str, *, block: bool = False) -> str:
    """Return the formula as a `math` element. Raises ValueError for what is not known here."""
    tokens = [token for token in TOKEN.findall(keep_spaces(formula)) if not token.isspace()]
    parser = _Parser(tokens, formula)
    row = parser.row(until="")
    display = ' display="block"' if block else ""
    return f"<math{display}>{row}</math>"


@dataclass
class _Parser:
    """Reads tokens from the left; `at` is the next one."""

    tokens: list[str]
    formula: str
    at: int = 0

    def row(self, until: str) -> str:
        """Everything up to the closing token, in a row."""
        found: list[str] = []
        while self.at < len(self.tokens) and self.tokens[self.at] != until:
            found.append(self._with_scripts())
        if until and self.at >= len(self.tokens):
            raise ValueError(f"{until} is missing in {self.formula}")
        self.at += bool(until)
        return f"<mrow>{''.join(found)}</mrow>"

    def _with_scripts(self) -> str:
        base = self._one()
        below = above = ""
        while self.at < len(self.tokens) and self.tokens[self.at] in ("_", "^", "'"):
            mark = self.tokens[self.at]
            self.at += 1
            if mark == "_":
                below = self._one()
            else:
                above += "<mo>′</mo>" if mark == "'" else self._one()
        over = base == SUM
        if below and above:
            name = "munderover" if over else "msubsup"
            return f"<{name}>{base}{below}<mrow>{above}</mrow></{name}>"
        if below:
            return f"<munder>{base}{below}</munder>" if over else f"<msub>{base}{below}</msub>"
        return f"<msup>{base}<mrow>{above}</mrow></msup>" if above else base

    def _next(self) -> str:
        if self.at >= len(self.tokens):
            raise ValueError(f"something is missing at the end of {self.formula}")
        self.at += 1
        return self.tokens[self.at - 1]

    def _one(self) -> str:
        token = self._next()
        if token == "{":
            return self.row(until="}")
        if token.startswith("\\"):
            return self._command(token[1:])
        if token[0].isdigit():
            return f"<mn>{token}</mn>"
        return f"<mi>{token}</mi>" if token.isalpha() else f"<mo>{escape(token.replace('-', '−'))}</mo>"

    def _command(self, name: str) -> str:
        if name in PLAIN:
            return PLAIN[name]
        if name in WRAPPED:
            return self._one().join(WRAPPED[name])
        match name:
            case "not":
                return f"<mo>{NOT[self._next()]}</mo>"
            case "frac" | "tfrac":
                return f"<mfrac>{self._digit()}{self._digit()}</mfrac>"
            case "text":
                return f"<mtext>{self._words()}</mtext>"
            case "mathrm" | "operatorname":
                return f'<mi mathvariant="normal">{self._words()}</mi>'
        raise ValueError(f"{name} is not known, in {self.formula}")

    def _digit(self) -> str:
        r"""What a fraction is made of: a group, or of \frac13 one digit."""
        token = self.tokens[self.at] if self.at < len(self.tokens) else ""
        if token[:1].isdigit() and len(token) > 1:
            self.tokens[self.at : self.at + 1] = [token[0], token[1:]]
        return self._one()

    def _words(self) -> str:
        """The words of a group as they stand; the spaces between them were dropped with all others."""
        if self._next() != "{":
            raise ValueError(f"words stand in braces, in {self.formula}")
        end = self.tokens.index("}", self.at)
        words = self.tokens[self.at : end]
        self.at = end + 1
        return escape("".join(words).replace(SPACE, "\N{NO-BREAK SPACE}"))


def keep_spaces(formula: str) -> str:
    """The formula with the spaces of its words written as a sign of their own, which is read back."""
    return WORDS.sub(lambda found: found[1] + found[2].replace(" ", SPACE) + found[3], formula)
