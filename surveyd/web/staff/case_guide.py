"""What to say to a person on the telephone, by where their answers place them: a suggestion, not a script."""

from flask_babel import lazy_gettext

from surveyd.scoring.loyalty import Segment

THANKS = lazy_gettext("Thank them for the answer, and say that you have read it.")
NEXT = lazy_gettext("Say what happens next and when; promise only what you can keep.")
OPEN = lazy_gettext("Ask how working with us is going, and what we should change first.")

GUIDE: dict[str, tuple[object, ...]] = {
    Segment.HIGH_RISK: (
        THANKS,
        lazy_gettext("Let them talk first. Explain nothing and defend nothing until they have finished."),
        lazy_gettext("Ask what it would take for them to stay, and by when."),
        NEXT,
    ),
    Segment.TRAPPED: (
        THANKS,
        lazy_gettext("They stay because changing is hard, not because they like it. Ask what makes it hard."),
        lazy_gettext("Find one thing that can be mended this week, and mend it."),
        NEXT,
    ),
    Segment.ACCESSIBLE: (
        THANKS,
        lazy_gettext("They like working with us and may still leave. Ask what others offer that we do not."),
        lazy_gettext("Ask who else decides, and what these people need to hear from us."),
        NEXT,
    ),
    Segment.TRULY_LOYAL: (
        THANKS,
        lazy_gettext("Ask what we did particularly well, and who did it: pass the praise on."),
        lazy_gettext("Ask what would make it even better. If it fits, ask whether they would recommend us."),
        NEXT,
    ),
}


def guide_for(segment: str) -> tuple[object, ...]:
    """The points to speak about with somebody in that segment; general ones when it is not known."""
    return GUIDE.get(segment, (THANKS, OPEN, NEXT))
