"""Made-up RF2 releases, small and right down to the check digits, for tests."""

import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from stdnum import verhoeff

from campaigns.codes.rf2.files import CONCEPTS, DESCRIPTIONS, LANGUAGES, FileKind

FULL_NAME, SYNONYM = "900000000000003001", "900000000000013009"
PREFERRED, ACCEPTABLE = "900000000000548007", "900000000000549004"
NHS, GREAT_BRITAIN, UNITED_STATES = "999001261000000100", "900000000000508004", "900000000000509007"
MODULE = "999000011000000103"
DATE = "20260401"

_NAMES = {
    CONCEPTS: "Snapshot/Terminology/sct2_Concept_Snapshot_GB1000000_20260401.txt",
    DESCRIPTIONS: "Snapshot/Terminology/sct2_Description_Snapshot-en_GB1000000_20260401.txt",
    LANGUAGES: "Snapshot/Refset/Language/der2_cRefset_LanguageSnapshot-en_GB1000000_20260401.txt",
}


def identifier(serial: int, partition: str) -> str:
    """A made-up id with its check digit."""
    stem = f"{770_000 + serial}{partition}"
    return stem + verhoeff.calc_check_digit(stem)


def concept_id(serial: int) -> str:
    return identifier(serial, "00")


@dataclass
class Release:
    """The rows of one release; `write` makes its files."""

    concepts: list[list[str]] = field(default_factory=list)
    descriptions: list[list[str]] = field(default_factory=list)
    languages: list[list[str]] = field(default_factory=list)

    def concept(self, serial: int, *, active: bool = True, date: str = DATE) -> str:
        identity = concept_id(serial)
        self.concepts.append([identity, date, str(int(active)), MODULE, "900000000000074008"])
        return identity

    def term(
        self,
        concept: str,
        term: str,
        kind: str = SYNONYM,
        *,
        preferred_in: str = NHS,
        acceptability: str = PREFERRED,
        active: bool = True,
        date: str = DATE,
    ) -> str:
        """A description of a concept, and what a language reference set says of it (unless it is empty)."""
        identity = identifier(len(self.descriptions), "01")
        state = str(int(active))
        self.descriptions.append([identity, date, state, MODULE, concept, "en", kind, term, "900000000000448009"])
        if preferred_in:
            member = f"{len(self.languages):08x}-0000-4000-8000-000000000000"
            self.languages.append([member, date, "1", MODULE, preferred_in, identity, acceptability])
        return identity

    def whole(self, serial: int, term: str, tag: str = "procedure") -> str:
        """An active concept with its full name and its preferred term."""
        concept = self.concept(serial)
        self.term(concept, f"{term} ({tag})", FULL_NAME)
        self.term(concept, term)
        return concept

    def files(self) -> dict[str, bytes]:
        """The files by their names."""
        rows = {CONCEPTS: self.concepts, DESCRIPTIONS: self.descriptions, LANGUAGES: self.languages}
        return {_NAMES[part]: content(part, rows[part]) for part in rows}

    def write(self, folder: Path) -> Path:
        for name, data in self.files().items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        return folder

    def pack(self, file: Path, way: int = zipfile.ZIP_DEFLATED) -> Path:
        with zipfile.ZipFile(file, "w", way) as archive:
            for name, data in self.files().items():
                archive.writestr(f"SnomedCT_UKClinicalRF2_PRODUCTION/{name}", data)
        return file


def content(part: FileKind, rows: list[list[str]]) -> bytes:
    """A file's bytes as RF2 has them."""
    return "".join("\t".join(row) + "\r\n" for row in [list(part.columns), *rows]).encode()


def name_of(part: FileKind) -> str:
    """Where a part's file is in a release."""
    return _NAMES[part]
