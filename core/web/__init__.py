"""What comes in and goes out by HTTP: signed cookies, characters that can be kept, files, addresses inside."""
