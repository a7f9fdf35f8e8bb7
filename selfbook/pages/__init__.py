"""What every page is made with: the Jinja environment, components, static files, and pages for errors."""
