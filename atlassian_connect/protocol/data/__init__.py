"""Tables of facts about the hosts: module types, webhook events, scopes."""
