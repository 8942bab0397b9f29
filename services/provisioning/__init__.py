"""The provisioning engine: makes the databases and roles of tenants real on one Postgres server."""
