"""The portal's groups. A person in none of them counts as a reporter."""

REPORTER = "reporter"
SUPPORT = "support"
RESPONDER = "responder"
ADMIN = "admin"
AUDITOR = "auditor"

GROUPS = (REPORTER, SUPPORT, RESPONDER, ADMIN, AUDITOR)
