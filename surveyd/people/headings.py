"""The words by which lists in use call our columns: English, German, French, Spanish, Japanese, Arabic, CRMs.

Each is written as people write it; `word` takes case, accents, spaces and signs away on both sides. Of two
words of one column in a file the one that stands first here wins. A word stands once among those of a kind.
Salesforce writes labels (reports) and API names (its data loader), HubSpot labels only.
"""

import unicodedata
from functools import cache

ACCOUNTS = {
    "id": """account id|external id|crm id|account number|customer id|customer number|
        company id|record id|record id - company|Kundennummer|Kunden-Nr.|Kunden-ID|Debitor|
        Debitorennummer|Firmennummer|numéro de client|n° client|identifiant client|code client|
        número de cliente|n.º de cliente|código de cliente|ID de cliente|顧客ID|顧客番号|
        取引先ID|取引先コード|会社ID|معرف العميل|رقم العميل|رقم الحساب""",
    "name": """account name|company|company name|customer name|customer|Firma|Firmenname|Konto|Kunde|
        Kundenname|Unternehmen|société|entreprise|client|nom du client|raison sociale|
        nom de la société|empresa|cliente|nombre de la empresa|razón social|nom|nombre|会社名|
        取引先名|顧客名|企業名|اسم الشركة|الشركة|اسم العميل|العميل""",
    "parent": """parent id|parent account id|parent company id|ID of parent company|
        parent account|parent company|Muttergesellschaft|Konzern|Konzernmutter|société mère|
        maison mère|groupe|empresa matriz|matriz|親会社|親取引先|親取引先ID|الشركة الأم""",
    "country": """country code|billing country code|billing country|country/region|
        billing country/region|shipping country|Land|Ländercode|pays|code pays|país|
        código de país|国|国コード|国名|البلد|الدولة|رمز البلد""",
    "region": """sales region|territory|sales territory|Vertriebsregion|Gebiet|Vertriebsgebiet|
        région|secteur|región|zona|territorio|地域|エリア|المنطقة""",
    "business_unit": """unit|division|business line|Geschäftsbereich|Sparte|Bereich|unité|
        unité commerciale|división|unidad de negocio|事業部|部門|وحدة الأعمال|القسم""",
    "branch": """branch name|branch office|Niederlassung|Filiale|Zweigstelle|agence|succursale|
        sucursal|oficina|支店|営業所|الفرع""",
    "channel": """sales channel|Vertriebskanal|Vertriebsweg|Kanal|canal|canal de vente|
        canal de ventas|販売チャネル|チャネル|قناة البيع|القناة""",
    "product_line": """product line|product|Produktlinie|Produktgruppe|Produkt|
        ligne de produits|gamme|produit|línea de productos|producto|製品ライン|製品|خط الإنتاج|
        المنتج""",
    "tier": """account tier|customer tier|Stufe|Kundenklasse|ABC-Klasse|Klasse|niveau|
        catégorie client|nivel|categoría|ランク|ティア|الفئة|المستوى""",
    "renewal_date": """renewal|renewal date|renews on|contract end date|Verlängerung|
        Verlängerungsdatum|Vertragsende|date de renouvellement|échéance|fecha de renovación|
        vencimiento|更新日|契約更新日|تاريخ التجديد""",
    "revenue": """annual revenue|yearly revenue|turnover|Umsatz|Jahresumsatz|chiffre d'affaires|
        CA annuel|ingresos|ingresos anuales|facturación|volumen de negocio|売上|年間売上|年商|
        الإيرادات|الإيرادات السنوية""",
    "currency": """currency code|revenue currency|currency iso code|annual revenue currency|
        account currency|Währung|Währungscode|devise|monnaie|moneda|divisa|通貨|通貨コード|
        العملة""",
    "manager": """manager email|account manager email|owner email|account owner email|
        account owner: email|account manager|account owner|company owner|owner|Kundenbetreuer|
        Betreuer|Kundenberater|Account-Inhaber|responsable|responsable de compte|
        gestionnaire de compte|chargé de compte|gestor de cuenta|responsable de cuenta|担当者|
        営業担当|取引先所有者|مدير الحساب|المسؤول""",
    "status": """account status|customer status|Kundenstatus|statut|estado|ステータス|状態|
        الحالة""",
}
CONTACTS = {
    "id": """contact id|external id|crm id|contact number|record id|record id - contact|
        person id|Kontakt-ID|Kontaktnummer|Kontakt-Nr.|Personalnummer|identifiant|
        identifiant du contact|n° contact|ID de contacto|número de contacto|連絡先ID|担当者ID|
        取引先責任者ID|معرف جهة الاتصال|الرقم التعريفي""",
    "account": """account id|account external id|account number|customer id|customer number|
        company id|associated company ids (primary)|associated company ids|
        associated company id|primary associated company id|Kundennummer|Kunden-Nr.|Kunden-ID|
        Firmennummer|numéro de client|n° client|code client|número de cliente|código de cliente|
        取引先ID|顧客番号|顧客ID|رقم العميل|معرف العميل|customer|company|account name|
        company name|primary associated company|associated company|Konto|Kunde|Firma|Firmenname|
        Unternehmen|société|entreprise|client|empresa|cliente|会社|会社名|取引先|取引先名|
        الشركة|اسم الشركة""",
    "name": """full name|contact name|contact|person|Ansprechpartner|Kontakt|Name des Kontakts|
        nom complet|nom du contact|interlocuteur|nombre completo|nombre del contacto|氏名|名前|
        お名前|担当者名|الاسم|الاسم الكامل""",
    "first_name": """first name|given name|forename|Vorname|prénom|nombre|nombre de pila|名|
        ファーストネーム|الاسم الأول""",
    "last_name": """last name|surname|family name|Nachname|Familienname|nom|nom de famille|
        apellido|apellidos|姓|苗字|اسم العائلة|الاسم الأخير""",
    "email": """email address|mail|e-mail address|email id|work email|business email|
        E-Mail-Adresse|Mailadresse|courriel|adresse e-mail|adresse électronique|adresse mail|
        correo|correo electrónico|dirección de correo electrónico|メール|メールアドレス|
        電子メール|البريد الإلكتروني|البريد|الإيميل""",
    "phone": """phone number|telephone|telephone number|tel|mobile|mobile phone|
        mobile phone number|cell phone|business phone|Telefon|Telefonnummer|Tel.-Nr.|Rufnummer|
        Durchwahl|Handy|Mobil|Mobiltelefon|téléphone|numéro de téléphone|portable|
        mobile professionnel|teléfono|número de teléfono|móvil|celular|電話|電話番号|携帯|
        携帯電話|الهاتف|رقم الهاتف|الجوال""",
    "language": """lang|locale|preferred language|preferred locale|language preference|Sprache|
        Korrespondenzsprache|langue|langue préférée|idioma|idioma preferido|言語|使用言語|اللغة|
        اللغة المفضلة""",
    "time_zone": """time zone|tz|zone|Zeitzone|fuseau horaire|zona horaria|huso horario|
        タイムゾーン|時間帯|المنطقة الزمنية""",
    "role": """relationship role|contact role|buying role|Rolle|Kaufrolle|rôle|rôle du contact|
        rol|rol de compra|役割|الدور""",
    "consent": """consent basis|legal basis|legal basis for processing contact's data|
        Rechtsgrundlage|Einwilligung|base légale|consentement|base legal|base jurídica|
        consentimiento|同意|法的根拠|الأساس القانوني|الموافقة""",
}
KINDS = {"accounts": ACCOUNTS, "contacts": CONTACTS}


@cache
def word(heading: str) -> str:
    """A heading without case, accents, spaces and signs: two that are the same are the same column."""
    plain = unicodedata.normalize("NFKD", heading.casefold())
    return "".join(sign for sign in plain if sign.isalnum())


@cache
def words_of(kind: str, column: str) -> tuple[str, ...]:
    """The usual words for a column as `word` writes them: what names it best comes first."""
    words = map(word, KINDS[kind].get(column, "").split("|"))
    return tuple(dict.fromkeys(one for one in words if one))
