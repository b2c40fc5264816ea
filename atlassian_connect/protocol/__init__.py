"""What the wire says: pure functions and frozen values. No Flask, no database, no network, no clock."""
