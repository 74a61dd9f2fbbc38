#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of drift_report, which is carried out by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: drift_report
short_description: Report what differs between declared photos and the targets
version_added: 0.1.0
author: hybrid.photos developers (@hybrid-photos)
description:
  - Joins what M(hybrid.photos.ad_thumbnail_photo) and M(hybrid.photos.exo_user_photo) returned into one report,
    one row for each user with all targets side by side, and writes it as JSON, Markdown, HTML and JUnit XML.
  - After a check run the report says what a run would do; after a real run it says what was done.
    It is written in check mode too, because it changes nothing that is managed.
  - What was not examined (hosts that were not reached, sign-ins that failed, users without a result) is listed with
    the reason, so that a partial run never looks clean.
  - Prints one line, such as V(12 drift (3 missing, 7 different, 2 unwanted\), 488 in sync, 1 unresolved).
    Its figures of users add up, because each user counts once. Below it stand the targets that were not examined, in
    capital letters, and the first ten users that failed or could not be checked, with the reasons.
  - The line is printed before the first file is written. When the files cannot be written to O(dest), they are written
    to a new temporary folder, and the task fails with the line and that folder in its message.
extends_documentation_fragment:
  - hybrid.photos.attributes.looking
  - hybrid.photos.attributes.controller
options:
  results:
    description:
      - What the photo modules returned, in any order, as registered. Each may have failed, been skipped, come from an
        unreachable host, or be what a loop registered (a dictionary with a list C(results)).
      - The playbook can add the keys C(target), C(shard) and C(users) to a result, so that the report can name the
        users that were not examined. A key C(check_mode) says whether it was a check run. With a key C(not_ignored) that
        is true, O(ignore_problems) does not accept the problems in this result.
      - When a user and target come twice, the later one counts. So the results of a plan may stand before those of
        its execution. With O(mode=done), a planned change (of a result with C(check_mode=true)) without a later result
        is reported as failed.
      - With the option C(rows_in_file) of the photo modules their rows are read from the files. Users of a result whose
        file is missing, cut, or was changed are not examined.
      - Results of M(hybrid.photos.ad_thumbnail_photo_info) and M(hybrid.photos.exo_user_photo_info) are taken too. Only
        users whose photo could not be read become rows.
    type: list
    elements: dict
    required: true
  dest:
    description:
      - The folder on the controller that gets the files. It is made when it is missing, not readable by others.
      - A relative path starts from the folder of the playbook, or, for a playbook of a collection, from the folder
        in which Ansible was called.
    type: path
    required: true
  formats:
    description:
      - What to write.
      - V(json) gives C(drift.json), which holds everything and has a published JSON Schema.
      - V(markdown) gives C(drift.md), short enough for a comment under a pull request.
      - V(html) gives C(drift.html), one self-contained page with the pictures of what drifts.
      - V(junit) gives C(drift.xml), one test case for each user and target.
      - V(openmetrics) gives C(drift.prom), the figures for the textfile collector of Prometheus' node_exporter, without
        the name of any person. See O(metrics_dir).
    type: list
    elements: str
    choices: [json, markdown, html, junit, openmetrics]
    default: [json, markdown]
  title:
    description:
      - The title of the report. Without it V(Photo drift), or V(Photo sync) after a real run.
    type: str
  mode:
    description:
      - Whether the results say what would be done (V(plan)) or what was done (V(done)).
      - Without it, V(plan) in check mode or when a result says so with C(check_mode); else V(done) when any row was
        verified or backed up, and V(plan) when none was.
    type: str
    choices: [plan, done]
  users:
    description:
      - All users that should be in the report. Users without a result for one of O(targets) are listed as not examined.
    type: list
    elements: str
    default: []
  declared_at:
    description: As O(users), by target, where not everybody is declared for every target.
    type: dict
    suboptions:
      ad:
        description: Users who should have been examined in Active Directory.
        type: list
        elements: str
      exchange:
        description: Users who should have been examined in Exchange Server.
        type: list
        elements: str
      exo:
        description: Users who should have been examined in Exchange Online.
        type: list
        elements: str
  shards:
    description:
      - What M(hybrid.photos.photo_choice) returned on each host. The users that they declare are those who should have been
        examined, as with O(declared_at); their names are read from files. A file that is lost makes RV(status) V(failed).
      - It also says who was excluded, and how many others the run did not concern.
    type: list
    elements: dict
    default: []
  mailboxes:
    description: What M(hybrid.photos.ad_user_info) returned for users without a mailbox in Exchange Online.
    type: list
    elements: dict
    default: []
  shared:
    description: What M(hybrid.photos.photo_guard) returned in RV(hybrid.photos.photo_guard#module:shared).
    type: dict
    default: {}
  option_prefix:
    description: What a reason puts before the name of an option, such as V(sync_).
    type: str
    default: ""
  targets:
    description:
      - The targets at which O(users) should have been examined.
      - A target at which no photo could be looked at makes RV(status) V(failed), and is in RV(targets_not_examined). Not so
        a target that said that the users' mailboxes are elsewhere, and one that answered about each of fewer than ten
        users who were chosen among others (O(not_chosen)); they are V(unresolved), V(invalid), or have no mailbox there.
    type: list
    elements: str
    choices: [ad, exchange, exo]
    default: []
  ignore_problems:
    description:
      - Problems that are reported for everybody and yet are accepted, as C(known_problems) of a definition is for one
        user. They make RV(status) neither V(problem) nor RV(clean) false, and are not among RV(problems).
    type: list
    elements: str
    choices: [invalid, unavailable, unresolved]
    default: []
  excluded:
    description: Users who are declared and were excluded from this run. The report counts and names them.
    type: list
    elements: str
    default: []
  not_chosen:
    description: How many more users are declared and were not chosen for this run.
    type: int
    default: 0
  everyone:
    description:
      - What M(hybrid.photos.ad_thumbnail_photo_info) and M(hybrid.photos.exo_user_photo_info) returned for everybody.
        The report then lists who has a photo and no definition. They are never changed.
      - A user is declared when a row of O(results) has the account's id, or when O(declared) has the name.
    type: list
    elements: dict
  declared:
    description: All users who are declared, those of whom O(results) have no row included, for O(everyone).
    type: list
    elements: str
    default: []
  exclude:
    description: Names or patterns of users who are not listed for O(everyone).
    type: list
    elements: str
    default: []
  previews_dir:
    description:
      - A folder with small JPEG pictures for the HTML report, as the photo modules leave them with their option of the
        same name. Only users that drift or could not be checked are shown with pictures.
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
      - Source pictures under this folder are shown with their path relative to it, so that reports of two
        machines can be compared.
    type: path
  run:
    description:
      - The name of this run, for its folder below C(runs). The time if not given. A name that is there already gets a
        number.
    type: str
  keep_runs:
    description:
      - Also write the report to C(runs/<run>) in O(dest), and keep those of so many runs. Older ones are removed.
      - With V(0) only the newest report is kept, in O(dest) itself, and those in C(runs) are removed.
      - If not given, the report is written to O(dest) only, and no older one is removed.
    type: int
  plan:
    description:
      - The C(drift.json) that was carried out. It is never overwritten. Where it is in O(dest) itself, this report is
        written to C(runs/<run>) only.
    type: path
  metrics_dir:
    description:
      - The folder on the controller that node_exporter's textfile collector reads. The metrics are then written there,
        as C(hybrid_photos_<metrics_name>.prom) with mode 0644, and not to O(dest). O(formats) need not have
        V(openmetrics).
      - The folder must be there. The file is replaced in one step.
    type: path
  metrics_name:
    description:
      - A word for this kind of run, such as V(drift) or V(sync). It is the label C(run) of the metrics, part of the name
        of their file, and C(run) in O(history). Runs whose metrics are read from one machine need different words.
    type: str
    default: drift
  history:
    description:
      - A file on the controller that gets one line of JSON for each run, with counts and without names of people. Several
        kinds of runs can share it. Its folder must be there, unless it is O(dest).
      - With it the Markdown and HTML reports say what changed since the last run over the same targets, and the HTML
        report draws how the share of right photos went over time.
      - A new file can be read by its owner only. A file that is
        something else is refused.
    type: path
  started:
    description: When the run began, as V(2026-11-27T02:15:00Z), so that the metrics and O(history) hold how long it took.
    type: str
  doctor:
    description:
      - What M(hybrid.photos.ad_photo_doctor) and M(hybrid.photos.exo_photo_doctor) returned. The metrics then hold when
        the password, the certificate or the client secret ends that runs sign in with, where that is known.
    type: list
    elements: dict
    default: []
  probe:
    description:
      - Only find out whether a report could be written to O(dest), metrics to O(metrics_dir) and a line to O(history),
        before a run that needs it. O(dest) and O(history) are made when they are missing. Nothing else is written, and
        O(results) can be empty.
    type: bool
    default: false
  show:
    description:
      - Print the line and the reasons on the screen.
    type: bool
    default: true
  show_diff:
    description:
      - Also print what each change would do, as C(--diff) does for the photo modules. For O(mode=plan).
    type: bool
    default: false
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

- name: Report what differs
  hybrid.photos.drift_report:
    results: ["{{ in_ad }}", "{{ in_exo }}"]
    dest: "{{ playbook_dir }}/reports"
    formats: [json, markdown, html, junit]
    mode: plan
    history: /var/lib/hybrid-photos/history.jsonl
    metrics_dir: /var/lib/prometheus/node-exporter
  register: drift

- name: Let the pipeline fail when anything is not as declared
  ansible.builtin.assert:
    that: drift.clean
    fail_msg: "{{ drift.line }}"
"""

RETURN = r"""
paths:
  description: The files that hold the report, by format; those in O(dest) unless O(plan) is there or O(metrics_dir) is given.
  returned: success
  type: dict
  sample: {"json": "/srv/reports/drift.json", "markdown": "/srv/reports/drift.md"}
run_dir:
  description: The folder of this run's own report, with O(keep_runs) or when O(plan) is in O(dest). Else null.
  returned: success
  type: str
  sample: /srv/reports/runs/20261127T021500Z
status:
  description:
    - The worst that the run found, for pipelines.
    - V(failed) when a change failed, or a target, a part of the run or a user was not examined; V(problem) when a user
      could not be checked, or a written photo is not shown yet; V(drift) when a photo is not as declared; V(clean) when
      there is none of these.
  returned: success
  type: str
  sample: drift
open_problems:
  description: How many users could not be checked at a target, without those whose problems are known and accepted.
  returned: success
  type: int
  sample: 1
undeclared:
  description: Who has a photo and no definition, each with C(user), C(target), C(id) and C(label), with O(everyone).
  returned: success
  type: list
  elements: dict
  sample: []
targets_not_examined:
  description: O(targets) at which no photo could be looked at, each with C(target) and C(reason).
  returned: success
  type: list
  elements: dict
  sample: [{"target": "exo", "reason": "The client secret has expired."}]
problems:
  description:
    - The targets that were not examined, and the first ten users that failed, could not be checked, have a new photo that
      is not shown yet, or are left alone although their photo is not as declared, with the reasons.
  returned: success
  type: list
  elements: str
  sample: ["alice@example.com (photos.yml:3): unresolved in Exchange Online: no user of the tenant has this name"]
summary:
  description:
    - The figures of all results, with the keys that the photo modules return, counted again from the rows. They count
      rows, one for each user and target.
    - C(users) is how many users there are, C(not_examined) how many of them were not examined at some target, and
      C(targets) has the same keys for each target.
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
  description: Whether RV(status) is V(clean), so all users were examined and their photos are as declared.
  returned: success
  type: bool
  sample: false
mode:
  description: Whether the report says what would be done (V(plan)) or what was done (V(done)).
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
sentence:
  description: The report in one sentence for somebody who does not know the words of this collection.
  returned: success
  type: str
  sample: 412 of 430 people have the right photo on both sides; 12 will be changed by the next run; 6 need a person.
percent:
  description: The share of people with the right photo at all targets, rounded down to one decimal.
  returned: success
  type: float
  sample: 95.8
digest:
  description: SHA-256 of what was found. Two reports with the same digest say the same.
  returned: success
  type: str
  sample: 6f1ed002ab5595859014ebf0951522d9f1c7b1c2a0e7a0a7c2d1c1f0a0b0c0d0
"""
