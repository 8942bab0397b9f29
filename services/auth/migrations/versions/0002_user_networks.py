"""Networks that users have signed in from outlive the sessions that were opened there."""

from alembic import op

revision = "0002"
down_revision = "0001"

_STATEMENTS = """
CREATE TABLE auth.user_networks (
    user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    network text NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, network)
);
INSERT INTO auth.user_networks
    SELECT user_id, network, max(created_at) FROM auth.user_sessions GROUP BY user_id, network;
ALTER TABLE auth.user_sessions DROP COLUMN network;
"""


def upgrade() -> None:
    op.execute(_STATEMENTS)
