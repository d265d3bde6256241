"""Under which names the vault keeps the deployment's secrets."""

ACCESS_TOKEN = "matrix.access-token"  # noqa: S105  (a name)
STORE_KEY = "matrix.store-key"
MASTER_KEY = "matrix.master-key"
LOG_SEED = "audit.seed"
