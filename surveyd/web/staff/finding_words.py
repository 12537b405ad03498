"""What each finding before a launch says, and what to do about it, by its code."""

from dataclasses import dataclass
from datetime import date

from flask_babel import lazy_gettext

from surveyd.distribution.launching.findings import Finding, Level
from surveyd.distribution.launching.looking import UNFINISHED
from surveyd.web.filters import day, language, number
from surveyd.web.staff.finding_advice import ADVICE, LEVELS, OUTSIDE_PRODUCTION
from surveyd.web.staff.wave_words import RULES, step

SENTENCES: dict[str, str] = {
    "as_last_time": lazy_gettext(
        "Contacts who would be invited: %(contacts)s. The last wave, %(thing)s, invited %(before)s."
    ),
    "confirmation_done": lazy_gettext(
        "The account managers have looked through their contacts: %(finished)s of %(managers)s are done."
    ),
    "confirmation_runs": lazy_gettext(
        "Account managers look through their contacts until %(thing)s: %(finished)s of %(managers)s are done;"
        " looked at %(looked)s of %(contacts)s contacts."
    ),
    "confirmation_unfinished": lazy_gettext(
        "The time to confirm contacts was over on %(thing)s, and %(finished)s of %(managers)s account"
        " managers are done; looked at %(looked)s of %(contacts)s contacts."
    ),
    "days": lazy_gettext(
        "All steps of the cadence, %(steps)s in number, fall into the %(days)s days of the wave."
    ),
    "dkim_broken": lazy_gettext("What stands at %(thing)s is no DKIM key that receivers can read."),
    "dkim_good": lazy_gettext("The DKIM key at %(thing)s can be used; it has %(bits)s bits."),
    "dkim_missing": lazy_gettext("There is no DKIM key at %(thing)s."),
    "dkim_not_aligned": lazy_gettext(
        "The relay signs for %(other)s, which is not the organisation of the sender's domain %(thing)s."
    ),
    "dkim_not_found": lazy_gettext("No DKIM key of %(thing)s was found under any usual selector."),
    "dkim_other_use": lazy_gettext("The DKIM key at %(thing)s is not for mail, or not for SHA-256."),
    "dkim_revoked": lazy_gettext("The DKIM key at %(thing)s was withdrawn: its record has no key."),
    "dkim_short": lazy_gettext(
        "The DKIM key at %(thing)s has %(bits)s bits; receivers want %(least)s or more."
    ),
    "dkim_tested": lazy_gettext("The DKIM key at %(thing)s is marked as a test, so receivers may ignore it."),
    "dkim_twice": lazy_gettext(
        "There are %(records)s DKIM records at %(thing)s; receivers take none of them."
    ),
    "dmarc_broken": lazy_gettext("The DMARC record of %(thing)s cannot be read: “%(words)s”."),
    "dmarc_good": lazy_gettext(
        "DMARC holds for %(thing)s, with the policy “%(policy)s”; what signs and what returns belongs to it."
    ),
    "dmarc_missing": lazy_gettext("%(thing)s has no DMARC record, and neither has any domain above it."),
    "dmarc_twice": lazy_gettext("%(thing)s has %(records)s DMARC records; receivers take none of them."),
    "dns_not_asked": lazy_gettext(
        "DNS was not asked: this installation is no production and names no name server."
    ),
    "dns_silent": lazy_gettext("The name server does not answer, or fails, for %(thing)s."),
    "exclusions_lean": lazy_gettext(
        "Those whom %(thing)s leaves out are more often unhappy than all of their contacts."
    ),
    "fewer_or_more": lazy_gettext(
        "Contacts who would be invited: %(contacts)s. The last wave, %(thing)s, invited %(before)s: that is a"
        " large difference."
    ),
    "fewer_or_more_by_rule": lazy_gettext(
        "Contacts who would be invited: %(contacts)s. The last wave, %(thing)s, invited %(before)s: that is a"
        " large difference. What differs most is who is left out because %(rule)s: then %(then)s, now"
        " %(now)s."
    ),
    "first_mail_waits": lazy_gettext(
        "Somebody's first mail goes out only %(days)s days after the wave begins."
    ),
    "language_gaps": lazy_gettext(
        "In %(thing)s the questionnaire is not whole: texts missing %(texts)s, people concerned %(people)s."
    ),
    "language_unsigned": lazy_gettext(
        "No native speaker has signed the texts in %(thing)s; people concerned: %(people)s."
    ),
    "languages": lazy_gettext(
        "The questionnaire %(thing)s is whole in every language that is asked: %(languages)s."
    ),
    "link_broken": lazy_gettext("Our links under %(thing)s answer with the error %(status)s."),
    "link_foreign": lazy_gettext("A mail leads to an address that is not ours and was not asked: %(thing)s"),
    "link_silent": lazy_gettext("Our links under %(thing)s do not answer."),
    "links_good": lazy_gettext("The links in the mails answer at %(thing)s."),
    "look_unfinished": lazy_gettext("%(thing)s: this check did not come to an end."),
    "mail_broken": lazy_gettext("The mail “%(thing)s” cannot be written (%(error)s)."),
    "mail_language": lazy_gettext(
        "The mail “%(mail)s” has no words in %(thing)s, so English is sent; people concerned: %(people)s."
    ),
    "mail_not_own": lazy_gettext(
        "The mail “%(mail)s” has no words of your own in %(thing)s; people who get the shipped ones:"
        " %(people)s."
    ),
    "mail_without_link": lazy_gettext("The mail “%(thing)s” has no subject, or no link to the survey."),
    "mails": lazy_gettext(
        "Every mail can be written in every language; mails %(mails)s, languages %(languages)s."
    ),
    "mx_good": lazy_gettext("What comes back to %(thing)s is taken by %(host)s."),
    "mx_missing": lazy_gettext("The return path's domain %(thing)s has no MX record: no bounce comes back."),
    "mx_none": lazy_gettext("The domain %(thing)s says that it takes no mail: no bounce comes back."),
    "mx_without_address": lazy_gettext(
        "The mail server %(host)s of %(thing)s has no address: no bounce comes back."
    ),
    "no_tests": lazy_gettext("No test addresses are among the recipients."),
    "nobody": lazy_gettext("Nobody would be invited."),
    "paper": lazy_gettext("This machine cannot make PDFs, so there will be no letters."),
    "paper_good": lazy_gettext("Letters and other PDFs can be made."),
    "people": lazy_gettext(
        "Contacts who would be invited: %(contacts)s. Left out: %(out)s, of them because mail came"
        " back: %(suppressed)s."
    ),
    "phones": lazy_gettext("Every contact has a telephone number for the step that is a call."),
    "phones_missing": lazy_gettext(
        "Without a number that may be called: %(people)s of %(contacts)s contacts. They get no call."
    ),
    "postal_address": lazy_gettext("A postal address of %(thing)s stands under every mail."),
    "postal_address_missing": lazy_gettext("No postal address of %(thing)s stands under the mails."),
    "probe_arrived": lazy_gettext(
        "The probe to %(thing)s arrived after %(seconds)s seconds. %(by)s says: %(said)s."
    ),
    "probe_came": lazy_gettext("The probe to %(thing)s arrived after %(seconds)s seconds."),
    "probe_dkim": lazy_gettext("%(by)s says of the probe to %(thing)s: DKIM %(result)s."),
    "probe_dmarc": lazy_gettext("%(by)s says of the probe to %(thing)s: DMARC %(result)s."),
    "probe_junk": lazy_gettext("The probe to %(thing)s was taken for junk."),
    "probe_lost": lazy_gettext("The probe to %(thing)s left, and has not arrived within ten minutes."),
    "probe_missing": lazy_gettext("No probe has been sent to %(thing)s for this wave yet."),
    "probe_old": lazy_gettext("The last probe to %(thing)s is older than a week."),
    "probe_opt_out": lazy_gettext(
        "The signature of the probe to %(thing)s does not cover the opt-out by one click."
    ),
    "probe_other_sender": lazy_gettext(
        "The program's sender has changed since the last probe to %(thing)s was sent."
    ),
    "probe_spf": lazy_gettext("%(by)s says of the probe to %(thing)s: SPF %(result)s."),
    "probe_undelivered": lazy_gettext("The probe to %(thing)s was not delivered."),
    "probe_unjudged": lazy_gettext(
        "The probe to %(thing)s arrived after %(seconds)s seconds, but its server does not say whether it"
        " believes the sender."
    ),
    "probe_unsaid": lazy_gettext(
        "The probe to %(thing)s arrived after %(seconds)s seconds, but %(by)s says nothing of %(unsaid)s."
    ),
    "probe_waiting": lazy_gettext("A probe is on its way to %(thing)s."),
    "relay_good": lazy_gettext("The relay %(thing)s answers by TLS and takes our mail."),
    "relay_local": lazy_gettext("The relay %(thing)s on this machine answers; there TLS is not needed."),
    "relay_plain": lazy_gettext("The relay %(thing)s is spoken to without TLS."),
    "relay_refuses": lazy_gettext("The relay %(thing)s refuses our sign-in."),
    "relay_silent": lazy_gettext("The relay %(thing)s does not answer (%(error)s)."),
    "relay_tls": lazy_gettext("With the relay %(thing)s no TLS comes about (%(error)s)."),
    "return_domain_local": lazy_gettext(
        "The mail domain is %(thing)s, to which nobody elsewhere can return mail."
    ),
    "return_not_aligned": lazy_gettext(
        "The return path is at %(other)s, which is not the organisation of the sender's domain %(thing)s."
    ),
    "returns_never": lazy_gettext(
        "No mail has ever come back to us, so it is not known whether bounces arrive."
    ),
    "returns_seen": lazy_gettext("Mail that comes back arrives: the last one on %(thing)s."),
    "sender_broken": lazy_gettext("The program's sender is no address that mail can come from."),
    "spf_broken": lazy_gettext("The SPF record of %(thing)s cannot be read at “%(words)s”."),
    "spf_good": lazy_gettext("The SPF record of %(thing)s lets the relay send; lookups: %(lookups)s."),
    "spf_include_broken": lazy_gettext(
        "The SPF record of %(thing)s leads to one that is not there: “%(words)s”."
    ),
    "spf_loop": lazy_gettext("The SPF record of %(thing)s leads back to itself at “%(words)s”."),
    "spf_missing": lazy_gettext("%(thing)s has no SPF record."),
    "spf_nobody": lazy_gettext("The SPF record of %(thing)s lets nobody send."),
    "spf_open": lazy_gettext("The SPF record of %(thing)s lets everybody send, so it proves nothing."),
    "spf_relay_missing": lazy_gettext("The SPF record of %(thing)s does not let the relay send (%(relay)s)."),
    "spf_relay_partly": lazy_gettext(
        "The SPF record of %(thing)s lets the relay send, but not from all of its addresses (%(relay)s)."
    ),
    "spf_relay_unknown": lazy_gettext(
        "The SPF record of %(thing)s can be read, but it cannot be told from here whether it lets the relay"
        " send."
    ),
    "spf_too_many_lookups": lazy_gettext(
        "The SPF record of %(thing)s takes %(lookups)s lookups; receivers stop after %(most)s."
    ),
    "spf_twice": lazy_gettext("%(thing)s has %(records)s SPF records; receivers take none of them."),
    "spf_void_lookups": lazy_gettext(
        "The SPF record of %(thing)s names %(lookups)s hosts that are not there; receivers stop after"
        " %(most)s."
    ),
    "step_after_close": lazy_gettext("The step “%(thing)s” comes after the wave's close: nobody gets it."),
    "step_partly_after_close": lazy_gettext(
        "The step “%(thing)s” comes after the wave's close for some people: they do not get it."
    ),
    "tests": lazy_gettext("Test addresses among the recipients: %(people)s (%(who)s)."),
    "url_certificate": lazy_gettext("The certificate of %(thing)s is refused (%(error)s)."),
    "url_good": lazy_gettext("%(thing)s answers by https."),
    "url_local": lazy_gettext("Every link begins with %(thing)s, which leads nowhere from another machine."),
    "url_moved": lazy_gettext("%(thing)s sends visitors to another address."),
    "url_not_https": lazy_gettext("Every link begins with %(thing)s, without https."),
    "url_other": lazy_gettext("At %(thing)s something else than surveyd answers (%(status)s)."),
    "url_silent": lazy_gettext("%(thing)s does not answer (%(error)s)."),
}
CHECKS: dict[str, str] = {
    "base_url": lazy_gettext("Address of this server"),
    "dkim": lazy_gettext("DKIM and DMARC"),
    "dns": lazy_gettext("Domain of the sender"),
    "links": lazy_gettext("Links in the mails"),
    "mx": lazy_gettext("Return path"),
    "plan": lazy_gettext("Recipients, mails and steps"),
    "probes": lazy_gettext("Probes"),
    "relay": lazy_gettext("Relay"),
    "spf": lazy_gettext("SPF"),
}
LANGUAGE_CODES = ("language_gaps", "language_unsigned", "mail_language", "mail_not_own")
DAY_CODES = ("confirmation_runs", "confirmation_unfinished", "returns_seen")
STEP_CODES = ("step_after_close", "step_partly_after_close")
SOFT_OUTSIDE_PRODUCTION = (
    "link_broken",
    "link_silent",
    "relay_plain",
    "relay_refuses",
    "relay_silent",
    "relay_tls",
    "tests",
    "url_certificate",
    "url_local",
    "url_moved",
    "url_not_https",
    "url_other",
    "url_silent",
)
"""What forbids a launch in production only."""


@dataclass(frozen=True, slots=True)
class FindingWords:
    """One finding as a person reads it."""

    code: str
    level: str
    level_words: str
    sentence: str
    advice: str


def words_of(finding: Finding) -> FindingWords:
    """A finding in words; advice is given for what is not as it should be."""
    facts = {name: number(fact) if isinstance(fact, int) else fact for name, fact in finding.facts.items()}
    facts["thing"] = _thing(finding)
    if "rule" in facts:
        facts["rule"] = str(RULES.get(facts["rule"], facts["rule"]))
    advice = str(ADVICE.get(finding.code, "")) if finding.level is not Level.GREEN else ""
    if finding.level is Level.YELLOW and finding.code in SOFT_OUTSIDE_PRODUCTION:
        advice = f"{advice} {OUTSIDE_PRODUCTION}"
    sentence = str(SENTENCES[finding.code]) % facts if finding.code in SENTENCES else finding.key
    return FindingWords(
        finding.code, finding.level.value, str(LEVELS[finding.level.value]), sentence, advice.strip()
    )


def _thing(finding: Finding) -> str:
    if finding.code in LANGUAGE_CODES:
        return language(finding.thing)
    if finding.code in DAY_CODES:
        return day(date.fromisoformat(finding.thing))
    if finding.code == UNFINISHED:
        return str(CHECKS.get(finding.thing, finding.thing))
    return step(finding.thing) if finding.code in STEP_CODES else finding.thing
