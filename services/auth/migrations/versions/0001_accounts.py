"""Accounts, tenants, bindings and the audit."""

from alembic import op

revision = "0001"
down_revision = None

_TABLES = """
CREATE TABLE auth.users (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    email_key text NOT NULL UNIQUE,
    name text NOT NULL,
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE TABLE auth.user_sessions (
    hash bytea PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    network text NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX user_sessions_user_id_idx ON auth.user_sessions (user_id);
CREATE TABLE auth.tenants (
    id uuid PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    suspended_at timestamptz,
    deleted_at timestamptz,
    purge_at timestamptz,
    purged_at timestamptz
);
CREATE TABLE auth.members (
    tenant_id uuid NOT NULL REFERENCES auth.tenants ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    role text NOT NULL CONSTRAINT members_role_check CHECK (role IN ('owner', 'admin', 'editor', 'viewer')),
    joined_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX members_user_id_idx ON auth.members (user_id);
CREATE TABLE auth.invitations (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES auth.tenants ON DELETE CASCADE,
    email text NOT NULL,
    email_key text NOT NULL,
    role text NOT NULL,
    hash bytea NOT NULL UNIQUE,
    invited_by uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX invitations_tenant_id_idx ON auth.invitations (tenant_id);
CREATE TABLE auth.api_tokens (
    id uuid PRIMARY KEY,
    hash bytea NOT NULL UNIQUE,
    prefix text NOT NULL,
    name text NOT NULL,
    user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    tenant_id uuid REFERENCES auth.tenants ON DELETE CASCADE,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX api_tokens_user_id_idx ON auth.api_tokens (user_id);
CREATE TABLE auth.bindings (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE,
    tenant_id uuid REFERENCES auth.tenants,
    wanted text NOT NULL CONSTRAINT bindings_wanted_check
        CHECK (wanted IN ('prepared', 'ready', 'suspended', 'deleted', 'purged')),
    observed text NOT NULL,
    template text NOT NULL,
    generation bigint NOT NULL,
    settled bigint NOT NULL,
    failure text NOT NULL,
    failures integer NOT NULL,
    try_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX bindings_tenant_id_idx ON auth.bindings (tenant_id);
CREATE INDEX bindings_pool_idx ON auth.bindings (created_at) WHERE tenant_id IS NULL;
CREATE TABLE auth.credentials (
    binding_id uuid NOT NULL REFERENCES auth.bindings ON DELETE CASCADE,
    login text NOT NULL CONSTRAINT credentials_login_check CHECK (login IN ('ro', 'rw', 'load', 'ddl')),
    slot text NOT NULL CONSTRAINT credentials_slot_check CHECK (slot IN ('a', 'b')),
    sealed bytea NOT NULL,
    verifier text NOT NULL,
    current boolean NOT NULL,
    created_at timestamptz NOT NULL,
    retire_at timestamptz,
    PRIMARY KEY (binding_id, login, slot)
);
CREATE UNIQUE INDEX credentials_current_idx ON auth.credentials (binding_id, login) WHERE current;
CREATE TABLE auth.sql_logins (
    id uuid PRIMARY KEY,
    binding_id uuid NOT NULL REFERENCES auth.bindings ON DELETE CASCADE,
    tenant_id uuid NOT NULL REFERENCES auth.tenants ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    name text NOT NULL UNIQUE,
    access text NOT NULL CONSTRAINT sql_logins_access_check CHECK (access IN ('read', 'write', 'ddl')),
    verifier text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz
);
CREATE INDEX sql_logins_binding_id_idx ON auth.sql_logins (binding_id);
CREATE INDEX sql_logins_tenant_id_idx ON auth.sql_logins (tenant_id);
CREATE INDEX sql_logins_user_id_idx ON auth.sql_logins (user_id);
CREATE TABLE auth.attempts (
    bucket text PRIMARY KEY,
    count integer NOT NULL,
    last_at timestamptz NOT NULL,
    blocked_until timestamptz NOT NULL
);
"""

_AUDIT = """
CREATE TABLE auth.audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    via text NOT NULL,
    action text NOT NULL,
    tenant_id uuid,
    subject text NOT NULL,
    address text NOT NULL,
    detail jsonb NOT NULL
);
CREATE INDEX audit_tenant_id_idx ON auth.audit (tenant_id, id);
CREATE FUNCTION auth.audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit is append-only: % is refused.', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON auth.audit
    FOR EACH STATEMENT EXECUTE FUNCTION auth.audit_is_append_only();
"""


def upgrade() -> None:
    op.execute(_TABLES)
    op.execute(_AUDIT)
