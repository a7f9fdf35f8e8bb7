"""The commands that run the product: `python manage.py help`."""
