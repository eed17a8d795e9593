"""The query page's own questions are ones that the server answers."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from importlib import resources

import pytest

from registry.api.graphql.schema import build_schema

SCRIPT = resources.files("registry.api.pages").joinpath("query.js").read_text(encoding="utf-8")
QUESTIONS = re.findall(r"const (?:EXAMPLE|SCHEMA) = `(.*?)`;", SCRIPT, re.DOTALL)


@pytest.mark.parametrize("text", QUESTIONS)
def test_questions_of_the_page_are_within_bounds(text: str) -> None:
    assert len(QUESTIONS) == 2
    assert build_schema().checker.check(text).refuse(None, {}) == []


_BROWSER = """
const calls = [], shown = {}, listeners = {};
const element = (id) => (shown[id] ??= {
  textContent: "", value: "", search: "", addEventListener: (name, call) => { listeners[name] = call; },
  querySelector: () => element(`${id} link`),
});
globalThis.document = { getElementById: element };
globalThis.location = { search: "", hash: "#token=t1", pathname: "/sign-in", replace: (to) => { calls.push(["gone", to]); } };
globalThis.history = { replaceState: () => { calls.push(["history"]); } };
globalThis.fetch = async (to, options = {}) => {
  calls.push([options.method ?? "GET", to]);
  const subject = options.headers?.Authorization === "Bearer t1" ? "mallory" : "alice";
  return { ok: true, json: async () => ({ subject, issuer: false }) };
};
"""
_AFTER = """
setTimeout(() => {
  const before = calls.splice(0), said = shown.state.textContent;
  listeners.submit({ preventDefault() {} });
  setTimeout(() => console.log(JSON.stringify({ before, said, after: calls })), 0);
}, 50);
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_a_link_with_a_token_begins_a_session_only_when_somebody_agrees() -> None:
    script = resources.files("registry.api.pages").joinpath("sign-in.js").read_text(encoding="utf-8")
    script = re.sub("^const element = .*$", "", script, flags=re.MULTILINE)  # that of the browser here
    command = ["node", "-e", _BROWSER + script.replace('"use strict";', "") + _AFTER]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert ["history"] in found["before"], "it must not stay in the history"
    assert ["POST", "sign-in"] not in found["before"]
    assert "mallory" in found["said"]
    assert "signed in as alice" in found["said"]
    assert ["POST", "sign-in"] in found["after"]
