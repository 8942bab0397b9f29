"""The schema service: everything that changes or describes the shape of tenants' databases."""
