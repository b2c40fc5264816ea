"""The sites' REST: the door that every request passes, and the operations of both products."""
