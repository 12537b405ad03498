"""What mail systems say when a mail comes back, as patterns: what is soft is looked for before what is hard.

An address that is wrongly taken for gone costs a customer's voice; one that is tried once more costs a mail.
So where a sentence says both, the milder one holds. Codes are those of RFC 3463.
"""

import re

ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
REPLY = re.compile(r"(?<![\d.:/-])([45]\d\d)(?=[\s;:,'<)-]|$)")

FOR_NOW = re.compile(
    r"quota|mailbox (is )?(full|frozen)|(mail ?box|inbox|storage|account) .{0,40}(full|exceed)"
    r"|(user|recipient)'?s? .{0,30}(is full|exceed)|exceed(s|ed|ing)? .{0,50}(limit|storage|size"
    r"|space|maximum)"
    r"|(not enough|insufficient|no|out of) (system |disk |storage )?(disk|space|storage|resources)"
    r"|too (large|big|long)|(message|mail) size|retry time(out)? (not reached|exceeded)|time limit exceeded"
    r"|timed[ -]?out|time-?out|expired|(could|can) ?not be delivered (for|within)|in the queue"
    r"|(too many|maximum) hops?|hop count|(mail|routing|forwarding) loop|loop alert|loops back"
    r"|forwarded more than|try (again )?later|greylist|graylist|rate limit|frequency limit|throttl"
    r"|too many (connections|messages|recipients|clients)|connection (was )?(refused|lost|reset|dropped)"
    r"|temporar(y|ily)|(malformed|unexpected) (or unexpected )?name server|service (currently )?unavailable"
    r"|procmail|maildrop|pipe to \||unknown mailer error"
    r"|(transient|local) (error|problem)|duplicated message-id"
    r"|postfach .{0,40}(voll|überfüllt)|speicherplatz|boîte .{0,40}pleine|buzón .{0,40}lleno"
    r"|quota dépassé|一杯|いっぱい|容量|ممتلئ",
    re.IGNORECASE,
)
"""It says nothing about tomorrow: a full mailbox, a time-out, a loop, a limit."""

OURS = re.compile(
    r"\b5\.1\.[78]\b|sender (address |domain )?(is )?(rejected|denied|not|un|invalid)|(domain of"
    r"|from|your) sender"
    r"|(invalid|bad|forged) sender",
    re.IGNORECASE,
)
"""What is wrong is our own address, or they think so."""

POLICY = re.compile(
    r"spam|blocked|block(ed)? list|blacklist|black ?list|blocklist|denylist|\brbl\b|dnsbl|spamhaus"
    r"|reputation"
    r"|policy|policies|\bspf\b|\bdkim\b|\bdmarc\b|authenticat|unsolicited|virus|content (rejected|filter)"
    r"|not (allowed|permitted|authorized)|relay(ing)? (access )?denied|not rfc|header|prohibited|banned",
    re.IGNORECASE,
)
"""The mail or we are not welcome; that is not the address's end."""

GONE = re.compile(
    r"(user|recipient|mailbox|address|account|addressee)s? ?(name)? ?(is |are |was |has been )?(not |un)"
    r"(known|found|recognized|listed|registered|exist|valid|on server)"
    r"|(unknown|invalid|bad|illegal|non-?existent|nonexistent|undeliverable|no such|unrouteable|unroutable)"
    r" (local[ -]?part|or illegal alias|user|recipient|mail ?box|address|account|alias|person"
    r"|destination|domain"
    r"|host|mail domain)"
    r"|(user|person|mail ?box|account) .{0,40}(not listed|not found|unknown|doesn'?t have|not our)"
    r"|(does ?n[o']t|do not|did not|no longer|not) (exist|have an? .{0,40}account|on server|available at)"
    r"|recipient ?not ?found|recipnotfound|not our (user|customer)|no (one|body) (here|by that name)"
    r"|this (user|address|account) (doesn'?t|does not|has been|is no)"
    r"|address rejected: (access denied|user)"
    r"|invalid (final delivery )?userid|no valid recipients?|no smtp service"
    r"|no mailbox (here )?by that name|mailbox unavailable"
    r"|(recipient|mailbox|user|account) .{0,20}no longer|is (not|n't) an? (valid|active) (mailbox"
    r"|user|address)"
    r"|(host|domain) (is )?(unknown|not found|not reachable|does not exist|does not accept mail)"
    r"|can'?t find (a valid )?(the )?(mx|domain|host)|(couldn't|could not) (find|be found)"
    r"|(wasn.?t|was not|not) found (at|by|on)|no such (domain|host|user|person|address)|not a known user"
    r"|destinataire (invalide|inconnu)|(utilisateur|adresse) .{0,30}(inconnue?|n.existe pas|invalide)"
    r"|(empfänger|adresse|benutzer|postfach|konto) .{0,40}(unbekannt|existiert nicht|nicht gefunden"
    r"|ungültig)"
    r"|(usuario|dirección|destinatario|buzón) .{0,30}(desconocid|no existe|no encontrad|inválid)"
    r"|(アドレス|宛先|ユーザ).{0,20}(見つかりません|存在しません|不明)|غير موجود|غير معروف",
    re.IGNORECASE,
)
"""There is nobody of that address, or no such domain."""

ASLEEP = re.compile(
    r"(account|compte|konto|mail ?box|user|recipient|address|cuenta).{0,40}"
    r"(disabled|inactive|suspended|deactivated|locked|bloque|bloqué|gesperrt|deaktiviert|unavailable"
    r"|not accepting)|disabled (recipient|account|mail ?box|address)",
    re.IGNORECASE,
)
"""The account sleeps: it may come back, and often does not."""

GONE_STATUS = frozenset(
    {"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.4.4", "5.4.310", "5.1.351", "5.1.20", "5.7.27"}
)
FOR_NOW_STATUS = frozenset({"5.2.2", "5.2.3", "5.3.1", "5.3.4", "5.4.6", "5.4.7", "5.4.14"})

BOUNCED_SUBJECT = re.compile(
    r"undeliver|returned mail|return(ed|ing) (mail|message)|delivery (status|failure|has failed"
    r"|notification|report)"
    r"|(mail|message) (delivery|system) (failed|failure|error|status)|failure notice|delivery failed"
    r"|non.?delivery"
    r"|could not be delivered|mail error|unzustellbar|nicht zugestellt|non remis|échec|no entregado"
    r"|エラー|配信不能",
    re.IGNORECASE,
)
DAEMON = re.compile(
    r"mailer-?daemon|postmaster|mail ?delivery|mail.?system|mail ?administrator", re.IGNORECASE
)

AUTOMATIC_SUBJECT = re.compile(
    r"out[ -]of[ -](the )?office|automatic reply|auto(mated|matic)?[ -]?(re(ply|sponse|sponder)"
    r"|antwort)|\bOOO\b"
    r"|on (vacation|holiday|leave)|away (until|from)|abwesen|nicht im (büro|haus)|im urlaub"
    r"|réponse automatique"
    r"|absen(ce|t)|en congés?|respuesta automática|fuera de (la )?oficina|ausen(te|cia)|de vacaciones"
    r"|自動(応答|返信)|不在|休暇|رد تلقائي|خارج المكتب|إجازة",
    re.IGNORECASE,
)
OPT_OUT_SUBJECT = re.compile(
    r"\s*(re:\s*)?(unsubscribe|opt[ -]?out|abmelden|abbestellen|désabonner|désinscription"
    r"|darse de baja|baja"
    r"|配信停止|إلغاء الاشتراك)\s*",
    re.IGNORECASE,
)
COMPLAINT_SUBJECT = re.compile(r"\s*complaint about message from\b", re.IGNORECASE)
