"""The REST contract, one module per resource. The order is the router's: what is asked most comes first."""

from services.gateway.routes import (
    accounts,
    connections,
    exports,
    health,
    imports,
    members,
    operations,
    pages,
    records,
    tables,
    tenants,
    tokens,
)

ROUTERS = [
    records.router,
    exports.router,
    tables.router,
    operations.router,
    imports.router,
    accounts.router,
    accounts.own,
    tokens.router,
    tenants.own,
    tenants.router,
    members.router,
    connections.router,
    health.router,
    pages.router,
]
