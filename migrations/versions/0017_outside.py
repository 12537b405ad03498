"""What numbers from outside the house say: rates of currencies, churn, benchmarks."""

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
