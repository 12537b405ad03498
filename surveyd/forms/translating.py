"""A language of a questionnaire as a table that a translator fills in: path, source, text."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace

from surveyd.base.errors import BadFile, Fault
from surveyd.forms.definition import Questionnaire, Translation
from surveyd.forms.editing import beside, signed, text_places, with_language, with_texts
from surveyd.forms.texts import every_text

COLUMNS = ("path", "source", "text")
UNTOLD = "not stated"


def table(questionnaire: Questionnaire, language: str, *, everything: bool = False) -> str:
    """The texts that `language` lacks, or all of them, as CSV with a heading; a scale's ends stand once."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(COLUMNS)
    source = questionnaire.languages[0]
    for place in text_places(questionnaire):
        if place.texts and (everything or language not in place.texts):
            rows.writerow((place.path, place.texts.get(source, ""), place.texts.get(language, "")))
    return written.getvalue()


def translated(questionnaire: Questionnaire, language: str, text: str, name: str) -> Questionnaire:
    """With the texts of a filled-in table, read from the file `name`; an empty one leaves what is there.

    The questionnaire has the language afterwards. Raises BadFile with every fault, each with its line.
    """
    spoken = with_register(questionnaire, language)
    rows = dict(_rows(text, name, {place.path for place in text_places(spoken)}))
    try:
        return with_texts(spoken, language, {path: words for path, (_, words) in rows.items()})
    except BadFile as bad:
        by_path, rest = beside(spoken, bad.faults)
        lines = {path: line for path, (line, _) in rows.items()}
        faults = [Fault(name, lines.get(path, 1), path, reason) for path, reason in by_path.items()]
        raise BadFile([*faults, *(Fault(name, 1, "", reason) for reason in rest)]) from bad


def with_register(questionnaire: Questionnaire, language: str, register: str = "") -> Questionnaire:
    """With the language, if it is not there yet, and with how it is spoken, if that is told."""
    if language not in questionnaire.languages:
        return with_language(questionnaire, language, register or UNTOLD)
    if not register:
        return questionnaire
    known = questionnaire.translations.get(language, Translation(register))
    spoken = {**questionnaire.translations, language: replace(known, register=register)}
    return replace(questionnaire, translations=spoken)


def signed_by(questionnaire: Questionnaire, language: str, name: str) -> Questionnaire:
    """With the language signed by a native speaker. Raises BadFile while a text is missing."""
    lacking = [path for path, texts in every_text(questionnaire) if language not in texts]
    if lacking:
        reason = f"there is no text in {language!r} yet; nobody can have read it"
        raise BadFile([Fault(questionnaire.slug, 1, path, reason) for path in lacking])
    return signed(questionnaire, language, name)


def _rows(text: str, name: str, known: set[str]) -> Iterator[tuple[str, tuple[int, str]]]:
    """Each text of the table by path, with its line. Raises BadFile with every row that does not do."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    lacking = [column for column in ("path", "text") if column not in (reader.fieldnames or ())]
    if lacking:
        raise BadFile([Fault(name, 1, column, "this column is missing") for column in lacking])
    found, faults = {}, []
    for row in reader:
        path, words = (row["path"] or "").strip(), (row["text"] or "").strip()
        if path and path not in known:
            faults.append(Fault(name, reader.line_num, path, "the questionnaire has no text at this place"))
        elif path and words:
            found[path] = (reader.line_num, words)
    if faults:
        raise BadFile(faults)
    yield from found.items()
