"""What every page needs: the current user, CSP, limits, language, error pages, links."""
