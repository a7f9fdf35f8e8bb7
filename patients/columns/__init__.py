"""The columns of patient lists: the headings they go by, and the words that are looked for."""
