"""What to do about what a look before a launch found, by the finding's code."""

from flask_babel import lazy_gettext

LEVELS = {
    "red": lazy_gettext("forbids the launch"),
    "yellow": lazy_gettext("worth knowing"),
    "green": lazy_gettext("as it should be"),
}
OUTSIDE_PRODUCTION = lazy_gettext("In production this forbids the launch; here it does not.")
_COUNTS = lazy_gettext("Look at who is left out and by which rule, and at the last imports.")
_DKIM = lazy_gettext(
    "Publish the key that your relay shows you, of 1024 bits or more, or name its selector in"
    " SURVEYD_DKIM_SELECTORS."
)
_DMARC = lazy_gettext("Publish one TXT record at _dmarc and the domain, such as “v=DMARC1; p=none”.")
_MX = lazy_gettext(
    "Publish an MX record for the mail domain and let its server hand bounces to surveyd bounce."
)
_SPF = lazy_gettext("Publish one TXT record that names your relay, such as “v=spf1 include:RELAY -all”.")
_SPF_LOOKUPS = lazy_gettext(
    "Take includes out of the record that are not needed, or write addresses in their place."
)
_TEXTS = lazy_gettext(
    "Write the texts, publish the questionnaire and let the program use that version, or change the language"
    " of these contacts."
)
_URL = lazy_gettext(
    "Set SURVEYD_BASE_URL to the public https address, and let the proxy there lead to surveyd."
)
_LINKS = lazy_gettext("Let the proxy pass /s/, /u/ and /p/ on to surveyd, without a sign-in or a redirect.")
_RELAY = lazy_gettext("Correct SURVEYD_SMTP_URL, or ask whoever runs the relay.")
_DAYS = lazy_gettext("Move the step or the close in the program's cadence.")
_PROBE = lazy_gettext("Send a probe, and check again when it has arrived.")
_JUDGED = lazy_gettext(
    "If that is not the seed box's own server, name its own behind the address in SURVEYD_SEEDS, as"
    " ADDRESS=SERVER."
)
_BELIEVED = lazy_gettext(
    "Look at the findings about the sender's domain, ask whoever runs the relay, and send another probe. If"
    " the mail was forwarded before it was judged, name the seed box's own server behind its address in"
    " SURVEYD_SEEDS, as ADDRESS=SERVER."
)
_RELAY_ADDRESSES = lazy_gettext(
    "Say in SURVEYD_RELAY_ADDRESSES from which addresses the relay sends, and let the SPF record name them."
)
ADVICE: dict[str, str] = {
    "confirmation_runs": lazy_gettext(
        "Wait for the rest, or launch: of whom nothing was said, they stay in."
    ),
    "confirmation_unfinished": lazy_gettext(
        "Give the confirmation a later day and send again, or launch: of whom nothing was said, they stay in."
    ),
    "dkim_broken": _DKIM,
    "dkim_missing": _DKIM,
    "dkim_not_aligned": lazy_gettext(
        "Let the relay sign for the sender's domain, or give the program a sender of the domain that signs."
    ),
    "dkim_not_found": _DKIM,
    "dkim_other_use": _DKIM,
    "dkim_revoked": _DKIM,
    "dkim_short": _DKIM,
    "dkim_tested": lazy_gettext("Take t=y out of the record once the key works."),
    "dkim_twice": lazy_gettext("Leave one record at this name."),
    "dmarc_broken": _DMARC,
    "dmarc_missing": _DMARC,
    "dmarc_twice": lazy_gettext("Leave one DMARC record at this name."),
    "dns_not_asked": lazy_gettext(
        "Name a name server in SURVEYD_DNS to have the sender's domain checked here, too."
    ),
    "dns_silent": lazy_gettext(
        "Check again in a moment; if it stays, ask whoever runs the domain or SURVEYD_DNS."
    ),
    "fewer_or_more": _COUNTS,
    "fewer_or_more_by_rule": _COUNTS,
    "exclusions_lean": lazy_gettext(
        "Look at whom they leave out and why on the page of the confirmation, and put back whom you ask."
    ),
    "first_mail_waits": lazy_gettext("Look at the program's sending hours and days."),
    "language_gaps": _TEXTS,
    "language_unsigned": lazy_gettext("Let a native speaker read and sign the translation."),
    "link_broken": _LINKS,
    "link_foreign": lazy_gettext("Open it yourself and see that it is right."),
    "link_silent": _LINKS,
    "look_unfinished": lazy_gettext("Check again in a moment."),
    "mail_broken": lazy_gettext("Open this mail among the program's mails and mend it."),
    "mail_language": lazy_gettext(
        "Write the mail in this language, or change the language of these contacts."
    ),
    "mail_not_own": lazy_gettext("Write the mail in this language, too, or leave it so."),
    "mail_without_link": lazy_gettext("Put the link to the survey and a subject into this mail."),
    "mx_missing": _MX,
    "mx_none": _MX,
    "mx_without_address": _MX,
    "nobody": lazy_gettext("Import contacts, or wait until the rest period is over."),
    "paper": lazy_gettext("Run surveyd check; it says what is missing."),
    "phones_missing": lazy_gettext("Import their numbers, or leave it so: everything else goes on."),
    "postal_address_missing": lazy_gettext(
        "Write it on the page of the program's mails, below the mails; many countries want it in every mail."
    ),
    "probe_dkim": _BELIEVED,
    "probe_dmarc": _BELIEVED,
    "probe_junk": lazy_gettext(
        "Look at the words and links of the first mail and at the reputation of the relay's address."
    ),
    "probe_lost": lazy_gettext(
        "Look into the seed box and its junk folder. If the mail is there, see that it is handed on to"
        " surveyd probe or to the webhook; if not, ask whoever runs the relay."
    ),
    "probe_missing": _PROBE,
    "probe_old": _PROBE,
    "probe_opt_out": lazy_gettext(
        "Let the relay sign the headers List-Unsubscribe and List-Unsubscribe-Post, too; large mailbox"
        " providers want that."
    ),
    "probe_other_sender": _PROBE,
    "probe_spf": _BELIEVED,
    "probe_undelivered": lazy_gettext("Its row in the outbox says why. Mend that, and send another one."),
    "probe_unjudged": _JUDGED,
    "probe_unsaid": _JUDGED,
    "probe_waiting": lazy_gettext("Check again in a moment."),
    "relay_plain": lazy_gettext("Add ?starttls=1 to SURVEYD_SMTP_URL, or write smtps://."),
    "relay_refuses": _RELAY,
    "relay_silent": _RELAY,
    "relay_tls": _RELAY,
    "return_domain_local": lazy_gettext("Set SURVEYD_MAIL_DOMAIN to a domain of yours with an MX record."),
    "return_not_aligned": lazy_gettext(
        "Set SURVEYD_MAIL_DOMAIN to the sender's domain or one below it, or give the program another sender."
    ),
    "returns_never": lazy_gettext(
        "Ask the operator to return one mail to its return path; it must stand under “Came back” then."
    ),
    "sender_broken": lazy_gettext("Give the program a sender such as survey@company.example."),
    "spf_broken": lazy_gettext("Correct this part of the record."),
    "spf_include_broken": lazy_gettext(
        "Correct or remove this part; the name must have one SPF record of its own."
    ),
    "spf_loop": lazy_gettext("Remove this part of the record."),
    "spf_missing": _SPF,
    "spf_nobody": _SPF,
    "spf_open": lazy_gettext("End the record with -all or ~all in place of +all."),
    "spf_relay_missing": _RELAY_ADDRESSES,
    "spf_relay_partly": _RELAY_ADDRESSES,
    "spf_relay_unknown": _RELAY_ADDRESSES,
    "spf_too_many_lookups": _SPF_LOOKUPS,
    "spf_twice": lazy_gettext("Make one record of them."),
    "spf_void_lookups": _SPF_LOOKUPS,
    "step_after_close": _DAYS,
    "step_partly_after_close": _DAYS,
    "tests": lazy_gettext("Switch these contacts off, or correct their addresses."),
    "url_certificate": lazy_gettext("Renew the certificate of this address."),
    "url_local": _URL,
    "url_moved": lazy_gettext("Set SURVEYD_BASE_URL to the address that answers itself."),
    "url_not_https": _URL,
    "url_other": _URL,
    "url_silent": _URL,
}
