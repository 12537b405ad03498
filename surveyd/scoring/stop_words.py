"""Small words of six languages that say little by themselves, and the words that turn the next ones round.

Own short lists, kept small on purpose: they hide nothing that a customer could mean. They also tell the
languages apart (`stems.language_of`), so the short and frequent words matter most. A language without a list
loses nothing but that.
"""

from collections.abc import Mapping

_ENGLISH = """
a about after all also am an and any are as at be because been before being both but by can could did do does
doing for from get got had has have having he her here him his how i if in into is it its just me more most my
of on one only or other our out over own she so some such than that the their them then there these they this
those through to too up us was we were what when where which while who will with would you your
"""
_GERMAN = """
aber alle allem allen aller alles als also am an andere auch auf aus bei bin bis bist da damit dann das dass
dem den denn der des dich die dies diese diesem diesen dieser dieses doch dort du durch ein eine einem einen
einer eines er es etwas euch euer für gegen habe haben hat hatte hier ich ihm ihn ihnen ihr ihre im in ins
ist ja jede jeder jedes kann können man mehr mein mich mir mit nach noch nun nur ob oder schon sehr sein
seine sich sie sind so über um und uns unser unsere unter vom von vor war waren was weil wenn wer
werden wie wir wird wo wurde zu zum zur
"""
_FRENCH = """
à afin ai alors après au aussi autre aux avec avoir avons bien c ce ces cet cette ceux chez comme d dans de
depuis des deux donc du elle elles en encore entre est et été être eu eux fait il ils j je l la le les leur
leurs lui m ma mais me mes moi mon n nos notre nous on ont ou où par pas plus pour qu quand que quel quelle
qui s sa sans se ses si son sont sous sur t ta te tes toi ton tous tout toute toutes très tu un une vos votre
vous y
"""
_SPANISH = """
a al algo algunos ante antes aquí así aunque cada como con contra cual cuando de del desde donde dos e el él
ella ellas ellos en entre era es esa ese eso esta está estaba estamos están estar este esto estos fue ha hace
hacia han hasta hay la las le les lo los más me mi mis muy nos nosotros nuestra nuestro o otra otro para pero
por porque puede que qué quien se sea ser si sí sido sin sobre son su sus también tan te tiene tienen todo
todos tu un una uno usted ustedes y ya yo
"""
_ARABIC = """
في من على إلى عن مع هذا هذه ذلك تلك التي الذي الذين هو هي هم نحن أنا أنت أنتم كان كانت يكون تكون كل بعض بين
بعد قبل عند حتى إذا أن إن لأن كما قد لقد ثم أو و أي ما ماذا كيف متى أين لكن فقط أيضا جدا هناك هنا لنا لكم لهم
له لها به بها فيه فيها منه منها عليه عليها
"""

STOP_WORDS: Mapping[str, frozenset[str]] = {
    "en": frozenset(_ENGLISH.split()),
    "de": frozenset(_GERMAN.split()),
    "fr": frozenset(_FRENCH.split()),
    "es": frozenset(_SPANISH.split()),
    "ar": frozenset(_ARABIC.split()),
    # Japanese and Chinese go by pairs of characters; what is written in hiragana alone is grammar there.
    "ja": frozenset(),
    "zh": frozenset(),
}

_NOT = {
    "en": """not no never none nobody nothing without cannot can't don't doesn't didn't isn't aren't wasn't
        weren't won't wouldn't couldn't shouldn't hasn't haven't hadn't hardly""",
    "de": "nicht kein keine keinen keinem keiner keines nie niemals niemand nichts ohne kaum",
    "fr": "ne pas jamais rien aucun aucune personne sans ni guère",
    "es": "no nunca jamás nada nadie ningún ninguna ninguno sin ni tampoco apenas",
    "ar": "لا لم لن ليس ليست غير بدون دون ما",
}
NEGATIONS: Mapping[str, frozenset[str]] = {name: frozenset(words.split()) for name, words in _NOT.items()}
"""Words after which the next few are read as their opposite by the tone model."""
