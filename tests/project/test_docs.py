"""What the documents say is what the code does."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import get_args

import gates
import pytest

from incidentportal.env import SETTINGS
from incidentportal.formengine.conditions import COMPARISONS
from incidentportal.formengine.resolve import Rule
from incidentportal.formengine.strength import ORDER

DECISIONS = gates.ROOT / "docs/decisions"
PAGES = [
    *gates.ROOT.glob("*.md"),
    *(gates.ROOT / "docs").rglob("*.md"),
]


def read(path: str) -> str:
    return (gates.ROOT / path).read_text(encoding="utf-8")


def test_the_readme_lists_every_setting_with_its_meaning_and_default() -> None:
    section = read("README.md").split("\n## Settings\n")[1].split("\n## ")[0]

    rows = re.findall(r"(?m)^\| `(\w+)` \| (.+) \| (.+) \|$", section)

    assert rows == [(row.name, row.meaning, row.default_text) for row in SETTINGS]


def test_the_rules_page_names_every_reason_comparison_origin_and_report() -> None:
    reported = "".join(
        read(f"incidentportal/formengine/{name}.py") for name in ("rules", "conditions", "formsets")
    )
    kinds = set(re.findall(r'(?:report|_about)\((?:definition, )?"(\w+)"', reported))

    named = set(re.findall(r"`(\w+)`", read("docs/form-rules.md")))

    assert kinds >= {"condition_unknown", "condition_below", "operator_unknown"}
    assert named >= {*get_args(Rule), *COMPARISONS, *ORDER, *kinds}


@pytest.mark.parametrize("document", PAGES, ids=lambda document: document.name)
def test_every_link_between_documents_leads_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8"))

    local = [target for target in targets if "://" not in target]

    assert [target for target in local if not (document.parent / target).exists()] == []


def test_every_make_target_in_the_documents_exists() -> None:
    listed = subprocess.run(
        ["make", "help"], cwd=gates.ROOT, capture_output=True, text=True, check=True
    ).stdout
    targets = set(re.findall(r"make (\w+)", listed))

    named = {name for page in PAGES for name in re.findall(r"`make (\w+)", page.read_text("utf-8"))}

    assert named
    assert named <= targets


def test_every_command_in_the_readme_exists() -> None:
    commands = {path.stem for path in gates.ROOT.glob("incidentportal/*/management/commands/*.py")}

    named = set(re.findall(r"manage\.py (\w+)", read("README.md")))

    assert named
    assert named <= commands | {"migrate", "createsuperuser"}


def test_every_decision_has_its_page_in_the_index_and_the_same_shape() -> None:
    pages = {page.name: page.read_text(encoding="utf-8") for page in DECISIONS.glob("*.md")}
    index = pages.pop("README.md")

    assert set(re.findall(r"\]\(([\w-]+\.md)\)", index)) == set(pages)
    for name, text in pages.items():
        headings = re.findall(r"(?m)^## (.+)$", text)
        assert headings == ["Context", "Decision", "Why not", "What would change it"], name
        assert f"[{text.splitlines()[0].removeprefix('# ')}]({name})" in index


def test_the_changelog_keeps_its_form_and_knows_this_version() -> None:
    changelog = read("CHANGELOG.md")
    version = re.search(r'(?m)^version = "(.+)"$', read("pyproject.toml"))

    assert version
    assert "## [Unreleased]" in changelog
    assert set(re.findall(r"(?m)^### (.+)$", changelog)) <= {
        "Added",
        "Changed",
        "Deprecated",
        "Removed",
        "Fixed",
        "Security",
    }
    released = re.findall(r"(?m)^## \[(\d.*)\]", changelog)
    assert not released or version[1] in released
