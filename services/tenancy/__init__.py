"""What the services share about tenants: what a database looks like, the door to its pools, its credentials and its timeline."""
