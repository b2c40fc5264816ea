"""Run an app for Jira Cloud or Confluence Cloud on Flask."""
