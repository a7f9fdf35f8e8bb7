"""The main job without hands: robots for staff and patients, over real HTTP, and checks that all books agree."""
