"""The words of staff pages: English in the code, other languages as catalogues in `surveyd/translations`."""

from pathlib import Path

from babel.support import NullTranslations
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, Domain, get_locale

SHIPPED = "en"


class Catalogues(Domain):
    """Babel's catalogues, remembered where the request remembers its language.

    A page asks for hundreds of words, and each would look for its language and its catalogue anew.
    """

    def get_translations(self) -> NullTranslations:
        """The words of the request's language, or of the language that stands in for it (`force_locale`)."""
        facts = g.get("_flask_babel") if g else None
        if facts is None:
            return super().get_translations()
        known = getattr(facts, "catalogue", None)
        if known is None or known[0] is not getattr(facts, "babel_locale", None):
            known = facts.catalogue = (get_locale(), super().get_translations())
        return known[1]


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

    babel = Babel(
        app,
        default_locale=SHIPPED,
        default_translation_directories=str(folder),
        locale_selector=wish,
    )
    babel.domain_instance = Catalogues()
    app.jinja_env.globals["get_locale"] = get_locale
