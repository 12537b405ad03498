"""The words of staff pages: English in the code, other languages as catalogues in `surveyd/translations`."""

from pathlib import Path

from flask import Flask, has_request_context, request
from flask_babel import Babel, get_locale

SHIPPED = "en"


def open_translation(app: Flask, folder: Path | None = None) -> None:
    """Give templates `_` and `ngettext`; the browser says which language of those in `folder`.

    Without one it is `surveyd/translations`, a catalogue each.
    """
    folder = folder or Path(app.root_path) / "translations"
    languages = [SHIPPED, *sorted(path.parts[-3] for path in folder.glob("*/LC_MESSAGES/messages.mo"))]

    def wish() -> str:
        if not has_request_context():
            return SHIPPED  # a job, the command line
        return request.accept_languages.best_match(languages, SHIPPED) or SHIPPED

    Babel(
        app,
        default_locale=SHIPPED,
        default_translation_directories=str(folder),
        locale_selector=wish,
    )
    app.jinja_env.globals["get_locale"] = get_locale
