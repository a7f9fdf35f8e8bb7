"""The terms of a SNOMED CT release that a licensed practice has loaded: to search in, never to file from.

A concept of a release becomes a code that batches may use only by the way that all codes take (`campaigns.codes`):
somebody says of what kind it is, and a second person agrees.
"""

from __future__ import annotations

from typing import ClassVar, Self

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import models


class SnomedRelease(models.Model):
    """One run of `import_rf2`: which release it read, and how many terms there are since."""

    effective_date = models.DateField(help_text="The newest date of any row of its files.")
    imported_at = models.DateTimeField(auto_now_add=True)
    terms = models.PositiveIntegerField()

    class Meta:
        verbose_name = "SNOMED CT release"
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.effective_date:%Y-%m-%d}"

    @classmethod
    def current(cls) -> SnomedRelease | None:
        """The release whose terms are there to search, if any."""
        return cls.objects.first()


class SnomedTermQuerySet(models.QuerySet["SnomedTerm"]):
    """Terms by full-text search, on the index that the table has for it."""

    def matching(self, query: str) -> Self:
        """Terms that match a `to_tsquery` of PostgreSQL, by the index."""
        vector = SearchVector("term", config="simple")
        return self.alias(words=vector).filter(words=SearchQuery(query, search_type="raw", config="simple"))


class SnomedTerm(models.Model):
    """An active concept of the release, by its preferred term in British English."""

    concept_id = models.CharField("SNOMED CT id", max_length=18, primary_key=True)
    term = models.TextField()
    full_name = models.TextField(help_text="The fully specified name, with its semantic tag.")
    description_id = models.CharField(
        max_length=18, blank=True, default="", db_default="", help_text="The id of the term; empty where it has none."
    )

    objects = SnomedTermQuerySet.as_manager()

    class Meta:
        verbose_name = "SNOMED CT term"
        ordering: ClassVar = ["term"]
        indexes: ClassVar = [GinIndex(SearchVector("term", config="simple"), name="snomed_term_words")]

    def __str__(self) -> str:
        return self.term
