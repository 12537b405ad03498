"""A mail's words as a file: three parts, each below a line of its own, so that a line is the file's line.

=== subject
How is it going with {{ company }}?
=== text
Dear {{ contact }}, ...
=== html
<mjml> ... or the HTML itself
"""

from dataclasses import dataclass
from pathlib import Path

import click

from surveyd.base.errors import BadFile, Fault
from surveyd.distribution.mail_checks import Draft, check
from surveyd.distribution.mail_fields import Part

HEADING = "=== "


@dataclass(frozen=True, slots=True)
class TemplateFile:
    """What a file says, and behind which of its lines each part begins."""

    name: str
    draft: Draft
    begins: dict[str, int]

    def faults(self, mail: str) -> tuple[Fault, ...]:
        """What must be mended, with the lines of the file."""
        return self.placed(check(self.draft, mail).faults)

    def placed(self, faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
        """Faults of parts as faults of the file."""
        return tuple(
            Fault(self.name, self.begins[one.file] + one.line, one.file, one.reason) for one in faults
        )


def read_template(path: str) -> TemplateFile:
    """Read a file. Raises BadFile for one that is not UTF-8 or lacks a part."""
    name = Path(path).name
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise click.UsageError(f"There is no file {path!r}.") from error
    except UnicodeDecodeError as error:
        raise BadFile([Fault(name, 1, "", "save it as UTF-8 text")]) from error
    parts: dict[str, list[str]] = {}
    begins: dict[str, int] = {}
    here: list[str] = []
    for number, line in enumerate(text.replace("\0", "").split("\n"), 1):
        heading = line.removeprefix(HEADING).strip() if line.startswith(HEADING) else ""
        if heading in set(Part) and heading not in parts:
            here = parts[heading] = []
            begins[heading] = number
        else:
            here.append(line)
    missing = [part.value for part in Part if part.value not in parts]
    if missing:
        said = f"the part is missing; begin it with a line {HEADING}{missing[0]}"
        raise BadFile([Fault(name, 1, missing[0], said)])
    subject, words, source = ("\n".join(parts[part.value]) for part in Part)
    return TemplateFile(name, Draft(subject.strip(), words, source), begins)


def written(draft: Draft) -> str:
    """A mail's words as a file; read again, they are the same but for a line's end."""
    return "".join(f"{HEADING}{part.value}\n{draft.part(part).rstrip()}\n" for part in Part)
