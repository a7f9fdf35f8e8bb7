"""Between the web server and Django: bodies are read before a thread is held, and answers are made whole."""
