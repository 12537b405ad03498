"""Draw these pages for the application: Markdown to HTML, formulas to MathML.

    python -m docs.method.make

They are written to surveyd/templates/method, so that whoever installs surveyd needs nothing to show them; a
test says when they are older than the pages here.
"""

import re
from pathlib import Path

from markdown_it import MarkdownIt

from docs.method.mathml import mathml

HERE = Path(__file__).parent
MADE = HERE.parents[1] / "surveyd" / "templates" / "method"
FORMULA = re.compile(r"`[^`\n]*`|\$\$(.+?)\$\$|\$([^$\n]+?)\$", re.DOTALL)
FENCED = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)
LINK = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.DOTALL)
SCROLLED = re.compile(r'<div class="scrolls"|<pre|<p(?=><math display)')
PLACE = "FORMULA{}ALUMROF"


def main() -> None:
    """Write all pages."""
    MADE.mkdir(exist_ok=True)
    for page in pages():
        (MADE / f"{page.stem}.html").write_text(drawn(page), encoding="utf-8")


def pages() -> list[Path]:
    """The pages, by name."""
    return sorted(HERE.glob("*.md"))


def drawn(page: Path) -> str:
    """One page as HTML for a template. Raises ValueError for a formula that cannot be drawn."""
    formulas: list[str] = []

    def taken(found: re.Match[str]) -> str:
        if found[0].startswith("`"):
            return found[0]
        formulas.append(mathml(found[1] or found[2], block=bool(found[1])))
        return PLACE.format(len(formulas) - 1)

    parts = FENCED.split(page.read_text(encoding="utf-8"))
    text = "".join(part if part.startswith("```") else FORMULA.sub(taken, part) for part in parts)
    html = MarkdownIt("commonmark").enable("table").render(text)
    for number, formula in enumerate(formulas):
        html = html.replace(PLACE.format(number), formula)
    html = LINK.sub(_address, _quiet(html))
    return f"{{# Made of docs/method/{page.name} by docs/method/make.py: change that page. #}}\n{html}"


def _quiet(html: str) -> str:
    """What a strict page may not have, said otherwise: columns of numbers by a class, no style."""
    html = html.replace(' style="text-align:right"', ' class="number"').replace(
        ' style="text-align:left"', ""
    )
    html = html.replace(' style="text-align:center"', "")
    html = html.replace("{{", "&#123;&#123;").replace("{%", "&#123;%").replace("{#", "&#123;#")
    html = html.replace("<table>", '<div class="scrolls"><table class="rows">').replace(
        "</table>", "</table></div>"
    )
    # What may be wider than a phone is scrolled by keyboard, too.
    return SCROLLED.sub(r'\g<0> tabindex="0"', html)


def _address(found: re.Match[str]) -> str:
    """A link to another of these pages leads to it in the application; of others the words are left."""
    target, said = found[1], found[2]
    if "/" in target or not (HERE / target).exists():
        return said
    name = target.removesuffix(".md")
    title = (HERE / target).read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
    address = f"{{{{ url_for('staff.method', topic='{name}') }}}}"
    return f'<a href="{address}">{title if said == target else said}</a>'


if __name__ == "__main__":
    main()
