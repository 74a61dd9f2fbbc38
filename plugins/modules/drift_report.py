#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of drift_report, which is carried out by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: drift_report
short_description: Tell what differs between declared photos, Active Directory and Exchange Online
version_added: 0.1.0
author: hybrid.photos developers (@hybrid-photos)
description:
  - Joins what M(hybrid.photos.ad_thumbnail_photo) and M(hybrid.photos.exo_user_photo) returned into one report,
    one row a user with both targets side by side, and writes it as JSON, Markdown, HTML and JUnit XML.
  - After a check run the report tells what a run would do; after a real run it tells what was done.
  - What was not examined (hosts that were not reached, sign-ins that failed, users without a result) is listed with
    the reason, so that a partial run never looks clean.
  - It prints one line, such as V(12 drift (3 missing, 7 different, 2 unwanted\), 488 in sync, 1 unresolved).
    Every user counts once in it, so the figures add up.
  - A report that tells the same as the one that is there keeps that one's time and is not written again.
extends_documentation_fragment:
  - hybrid.photos.attributes.looking
  - hybrid.photos.attributes.controller
options:
  results:
    description:
      - What the photo modules returned, in any order, as registered. Each may have failed, been skipped, come from an
        unreachable host, or be what a loop registered (a dictionary with a list C(results)).
      - A result without rows can be given the keys C(target) (V(ad) or V(exo)), C(shard) and C(users) by the playbook,
        so that the report can name who was not examined. A key C(check_mode) tells whether it was a check run.
      - When a user and target come twice, the later one counts. So the results of a plan may stand before those of
        its execution; a change in a result with C(check_mode=true) of which no outcome came back is told as failed,
        with O(mode=done).
    type: list
    elements: dict
    required: true
  dest:
    description:
      - The folder on the controller that gets the files. It is made when it is missing, closed to others.
      - A relative path starts from the folder of the playbook, or, for a playbook of a collection, from the folder
        in which Ansible was called.
    type: path
    required: true
  formats:
    description:
      - What to write.
      - V(json) gives C(drift.json), the whole truth, with a published JSON Schema.
      - V(markdown) gives C(drift.md), short enough for a comment under a pull request.
      - V(html) gives C(drift.html), one self-contained page with the pictures of what drifts.
      - V(junit) gives C(drift.xml), one test case a user and target.
    type: list
    elements: str
    choices: [json, markdown, html, junit]
    default: [json, markdown]
  title:
    description:
      - What the report is called. Without it V(Photo drift), or V(Photo sync) after a real run.
    type: str
  mode:
    description:
      - Whether the results tell what would be done (V(plan)) or what was done (V(done)).
      - Without it, V(plan) in check mode or when a result says so with C(check_mode); else V(done) when any row was
        verified or backed up, and V(plan) when none was.
    type: str
    choices: [plan, done]
  users:
    description:
      - Everybody who should be in the report. Who has no result for one of O(targets) is listed as not examined.
    type: list
    elements: str
    default: []
  targets:
    description:
      - The targets at which O(users) should have been examined.
    type: list
    elements: str
    choices: [ad, exo]
    default: []
  previews_dir:
    description:
      - A folder with small JPEG pictures for the HTML report, as the photo modules leave them with their option of the
        same name. Only users that drift or could not be judged are shown with pictures.
    type: path
  remove_previews:
    description:
      - Remove the pictures from O(previews_dir) when the report is written or could not be, and the folder itself when
        nothing else is in it.
    type: bool
    default: false
  max_pictures:
    description:
      - The most users that are shown with pictures in the HTML report. The report says when there were more.
    type: int
    default: 300
  root:
    description:
      - Source pictures under this folder are told by their path relative to it, so that reports of two
        machines compare.
    type: path
  show:
    description:
      - Print the line on the screen.
    type: bool
    default: true
seealso:
  - module: hybrid.photos.ad_thumbnail_photo
  - module: hybrid.photos.exo_user_photo
"""

EXAMPLES = r"""
- name: See what Active Directory has
  hybrid.photos.ad_thumbnail_photo:
    photos: "{{ photos }}"
  check_mode: true
  ignore_errors: true
  register: in_ad

- name: See what Exchange Online has
  hybrid.photos.exo_user_photo:
    photos: "{{ photos }}"
  check_mode: true
  ignore_errors: true
  register: in_exo

- name: Tell what differs
  hybrid.photos.drift_report:
    results: ["{{ in_ad }}", "{{ in_exo }}"]
    dest: "{{ playbook_dir }}/reports"
    formats: [json, markdown, html, junit]
    mode: plan
  register: drift

- name: Let the pipeline fail when anything is not as declared
  ansible.builtin.assert:
    that: drift.clean
    fail_msg: "{{ drift.line }}"
"""

RETURN = r"""
paths:
  description: The files that hold the report, by format.
  returned: success
  type: dict
  sample: {"json": "/srv/reports/drift.json", "markdown": "/srv/reports/drift.md"}
summary:
  description:
    - The figures of all results, with the keys that the photo modules return, counted again from the rows. They count
      rows, one a user and target.
    - C(users) is how many users there are, C(not_examined) how many of them count as not examined, and C(targets) has
      the same keys for V(ad) and V(exo).
  returned: success
  type: dict
  sample: {"checked": 8, "in_sync": 5, "missing": 2, "different": 1, "users": 4, "not_examined": 0, "targets": {}}
states:
  description: How many users are in which state, as in RV(line). It adds up to C(users) of RV(summary).
  returned: success
  type: dict
  sample: {"missing": 3, "different": 7, "unwanted": 2, "in_sync": 488, "unresolved": 1}
drifting:
  description:
    - How many users a run would change, or, after a real run, how many still drift because they were left alone.
  returned: success
  type: int
  sample: 12
clean:
  description: Whether everybody who was asked for was examined and is as declared, or was brought there.
  returned: success
  type: bool
  sample: false
mode:
  description: Whether the report tells what would be done (V(plan)) or what was done (V(done)).
  returned: success
  type: str
  sample: plan
line:
  description: The report in one line.
  returned: success
  type: str
  sample: 12 drift (3 missing, 7 different, 2 unwanted), 488 in sync, 1 unresolved
headline:
  description: The report in one sentence.
  returned: success
  type: str
  sample: 12 of 501 users drift (3 missing, 7 different, 2 unwanted); 488 in sync, 1 unresolved.
digest:
  description: SHA-256 of what was found. Two reports with the same digest tell the same.
  returned: success
  type: str
  sample: 6f1ed002ab5595859014ebf0951522d9f1c7b1c2a0e7a0a7c2d1c1f0a0b0c0d0
"""
