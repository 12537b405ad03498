"""The people of the demo company, and how a visitor signs in as each of them."""

from dataclasses import dataclass

from surveyd.people.models import StaffRole

COMPANY = "Kestrel Bay Systems"
DOMAIN = "kestrelbay.example"
SENDER_NAME = "Clara Whitfield"
SENDER = f"clara.whitfield@{DOMAIN}"
REPLY_TO = f"feedback@{DOMAIN}"


ZONES = {
    "": "Europe/Berlin",
    "DACH": "Europe/Berlin",
    "North America": "America/New_York",
    "France and UK": "Europe/Paris",
    "Latin America": "America/Sao_Paulo",
    "Asia Pacific": "Asia/Singapore",
}
"""By whose clock the staff of a region work; those of none sit in the head office."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """One member of staff with the password that the demo tells everybody."""

    name: str
    email: str
    role: StaffRole
    region: str
    password: str

    @property
    def time_zone(self) -> str:
        return ZONES[self.region]


def _staff(name: str, role: StaffRole, region: str, password: str) -> SignIn:
    return SignIn(name, f"{name.lower().replace(' ', '.')}@{DOMAIN}", role, region, password)


STAFF = (
    _staff("Ada Keller", StaffRole.ADMIN, "", "harbor-violet-teapot"),
    _staff(SENDER_NAME, StaffRole.EXECUTIVE, "", "copper-lantern-meadow"),
    _staff("Lena Brandt", StaffRole.REGIONAL_LEADER, "DACH", "willow-signal-acorn"),
    _staff("Marc Ziegler", StaffRole.ACCOUNT_MANAGER, "DACH", "pebble-orchid-tunnel"),
    _staff("Sam Okafor", StaffRole.SUPPORT, "", "saffron-bridge-otter"),
    _staff("Grace Holloway", StaffRole.REGIONAL_LEADER, "North America", "juniper-anchor-maple"),
    _staff("Elise Moreau", StaffRole.REGIONAL_LEADER, "France and UK", "velvet-compass-heron"),
    _staff("Paulo Siqueira", StaffRole.REGIONAL_LEADER, "Latin America", "cobalt-garden-finch"),
    _staff("Mei Tanaka", StaffRole.REGIONAL_LEADER, "Asia Pacific", "ginger-ribbon-falcon"),
    _staff("Nora Hagen", StaffRole.ACCOUNT_MANAGER, "DACH", "marble-thistle-canoe"),
    _staff("Dan Whitlock", StaffRole.ACCOUNT_MANAGER, "North America", "amber-whistle-cedar"),
    _staff("Rosa Delgado", StaffRole.ACCOUNT_MANAGER, "North America", "lilac-barrel-osprey"),
    _staff("Owen Parrish", StaffRole.ACCOUNT_MANAGER, "North America", "walnut-canyon-quilt"),
    _staff("Hugo Lambert", StaffRole.ACCOUNT_MANAGER, "France and UK", "indigo-saddle-birch"),
    _staff("Fiona Ashworth", StaffRole.ACCOUNT_MANAGER, "France and UK", "scarlet-pillow-wren"),
    _staff("Ines Carvalho", StaffRole.ACCOUNT_MANAGER, "Latin America", "topaz-ladder-clover"),
    _staff("Ravi Menon", StaffRole.ACCOUNT_MANAGER, "Asia Pacific", "russet-kettle-aspen"),
    _staff("Tina Lorenz", StaffRole.SUPPORT, "", "hazel-button-glacier"),
)


def with_role(role: StaffRole, region: str | None = None) -> list[SignIn]:
    """The staff of one role, in one region if it is named."""
    return [one for one in STAFF if one.role is role and region in (None, one.region)]
