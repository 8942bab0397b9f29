"""Who may do what over REST: one row per route, written by hand from what the product promises and not from what the code does.

A row gives the status that each principal gets. `suspended` is the owner of a workspace that is suspended.
"""

from dataclasses import dataclass

VIEWER, EDITOR, ADMIN, OWNER = ROLES = ("viewer", "editor", "admin", "owner")
PRINCIPALS = ("anonymous", "expired", "stranger", *ROLES, "suspended")
T = "/api/v1/tenants/{tenant}"
TABLES = f"{T}/schemas/{{schema}}/tables"
TABLE = f"{TABLES}/{{table}}"
RECORDS = f"{TABLE}/records"


@dataclass(frozen=True)
class Row:
    """The status for each principal."""

    anonymous: int
    expired: int
    stranger: int
    viewer: int
    editor: int
    admin: int
    owner: int
    suspended: int


def everybody(status: int) -> Row:
    """No credential is asked for; one that is sent does not matter."""
    return Row(status, status, status, status, status, status, status, status)


def signed_in(status: int) -> Row:
    """Whoever has an account, about their own things."""
    return Row(401, 401, status, status, status, status, status, status)


def data(status: int, least: str) -> Row:
    """Members from a role upwards, while the workspace is not suspended; to others it does not exist."""
    return member(status, least, suspended=403)


def member(status: int, least: str, *, suspended: int) -> Row:
    """Members from a role upwards; to others the workspace does not exist."""
    viewer, editor, admin, owner = (status if ROLES.index(role) >= ROLES.index(least) else 403 for role in ROLES)
    return Row(401, 401, 404, viewer, editor, admin, owner, suspended)


MATRIX: dict[str, Row] = {
    "POST /api/v1/signup": everybody(201),
    "POST /api/v1/sessions": everybody(201),
    "GET /api/v1/slugs/{slug}": everybody(200),
    # An invitation makes a new account, or is for the account of its own address; these here are signed in as somebody else.
    "POST /api/v1/invitations/accept": Row(200, 200, 404, 404, 404, 404, 404, 404),
    "GET /api/v1/me": signed_in(200),
    "PATCH /api/v1/me": signed_in(200),
    "POST /api/v1/tokens": signed_in(201),
    "GET /api/v1/tokens": signed_in(200),
    "DELETE /api/v1/tokens/{id}": signed_in(204),
    "GET /api/v1/tenants": signed_in(200),
    "POST /api/v1/tenants": signed_in(201),
    "DELETE /api/v1/sessions/current": signed_in(204),
    # The workspace itself: seen by its members in whatever state, changed by its owners.
    f"GET {T}": member(200, VIEWER, suspended=200),
    f"PATCH {T}": member(200, OWNER, suspended=200),
    f"GET {T}/usage": member(200, VIEWER, suspended=200),
    f"GET {T}/members": member(200, VIEWER, suspended=200),
    f"POST {T}/members": member(201, ADMIN, suspended=201),
    f"PATCH {T}/members/{{user}}": member(200, ADMIN, suspended=200),
    f"DELETE {T}/members/{{user}}": member(204, ADMIN, suspended=204),
    f"GET {T}/invitations": member(200, ADMIN, suspended=200),
    f"POST {T}/invitations": member(201, ADMIN, suspended=201),
    f"DELETE {T}/invitations/{{id}}": member(204, ADMIN, suspended=204),
    # SQL logins: this row's is one that only reads.
    f"POST {T}/connections": member(201, VIEWER, suspended=403),
    f"GET {T}/connections": member(200, VIEWER, suspended=200),
    f"DELETE {T}/connections/{{id}}": member(204, VIEWER, suspended=204),
    # Shape.
    f"GET {T}/schemas": data(200, VIEWER),
    f"POST {T}/schemas": data(201, ADMIN),
    f"GET {T}/tables": data(200, VIEWER),
    f"POST {TABLES}": data(201, ADMIN),
    f"GET {TABLE}": data(200, VIEWER),
    f"PATCH {TABLE}": data(200, ADMIN),
    f"DELETE {TABLE}": data(200, ADMIN),
    f"POST {TABLE}/columns": data(201, ADMIN),
    f"PATCH {TABLE}/columns/{{column}}": data(200, ADMIN),
    f"DELETE {TABLE}/columns/{{column}}": data(200, ADMIN),
    f"POST {T}/plans": data(201, ADMIN),
    f"POST {T}/operations": data(201, ADMIN),
    f"GET {T}/operations": data(200, VIEWER),
    f"GET {T}/operations/{{id}}": data(200, VIEWER),
    f"POST {T}/operations/{{id}}/undo": data(201, ADMIN),
    f"POST {T}/operations/{{id}}/redo": data(201, ADMIN),
    # Rows.
    f"GET {RECORDS}": data(200, VIEWER),
    f"POST {RECORDS}/query": data(200, VIEWER),
    f"GET {RECORDS}/{{key}}": data(200, VIEWER),
    f"POST {RECORDS}": data(201, EDITOR),
    f"PATCH {RECORDS}": data(200, EDITOR),
    f"PATCH {RECORDS}/{{key}}": data(200, EDITOR),
    f"DELETE {RECORDS}/{{key}}": data(200, EDITOR),
    f"POST {RECORDS}/delete": data(200, EDITOR),
    f"GET {TABLE}/export": data(200, VIEWER),
    # An import makes a table and fills it; one into a table that is there is for editors.
    f"POST {T}/schemas/{{schema}}/imports": data(201, ADMIN),
    f"POST {T}/schemas/{{schema}}/imports/preview": data(200, VIEWER),
    f"GET {T}/imports": data(200, VIEWER),
    f"GET {T}/imports/{{id}}": data(200, VIEWER),
    f"GET {T}/imports/{{id}}/rejects": data(200, VIEWER),
    # The one that is there has ended.
    f"POST {T}/imports/{{id}}/cancel": data(409, EDITOR),
    # What changes the workspace's state comes last.
    f"POST {T}/suspend": member(200, OWNER, suspended=200),
    f"POST {T}/resume": member(200, OWNER, suspended=200),
    f"DELETE {T}": member(200, OWNER, suspended=200),
    f"POST {T}/undelete": member(200, OWNER, suspended=200),
}
