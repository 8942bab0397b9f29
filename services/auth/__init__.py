"""Accounts, sessions, tokens, tenants, members and the credentials of tenant databases."""
