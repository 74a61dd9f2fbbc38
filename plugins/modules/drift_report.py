#!/usr/bin/python

# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of drift_report, which is carried out by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: drift_report
short_description: Report the differences between declared photos and the targets
version_added: 0.1.0
author: hybrid.photos developers (@hybrid-photos)
description:
  - Joins the results of M(hybrid.photos.ad_thumbnail_photo), M(hybrid.photos.exchange_user_photo) and
    M(hybrid.photos.exo_user_photo) into one report with one row for each user, and writes it as JSON, Markdown, HTML and
    JUnit XML.
  - After a check run the report says what a run would do; after a real run it says what was done.
    It is written in check mode, too, because it does not change any photo.
  - Everything that was not examined (unreachable hosts, failed sign-ins, users without a result) is listed with the
    reason, so that an incomplete run never looks clean.
  - Prints one line, such as V(12 drift (3 missing, 7 different, 2 unwanted\), 488 in sync, 1 unresolved).
    Its figures of users add up, because each user counts once. Below it are the targets that were not examined, in
    capital letters, and up to ten lines about users that failed or could not be checked, with the reasons.
  - The line is printed before the first file is written. If the files cannot be written to O(dest), they are written
    to a new temporary folder, and the task fails with a message that has the line and that folder.
extends_documentation_fragment:
  - hybrid.photos.attributes.looking
  - hybrid.photos.attributes.controller
options:
  results:
    description:
      - The registered results of the photo modules, in any order. Each may be failed, skipped, from an unreachable host, or
        the result of a loop (a dictionary with a list C(results)).
      - The playbook can add the keys C(target), C(shard) and C(users) to a result, so that the report can name the
        users that were not examined. The key C(check_mode) says whether it was a check run. With a key
        C(not_ignored) that is true, O(ignore_problems) does not accept the problems in this result.
      - If there are two rows for a user and target, the later one is used. So put the results of a plan before those of its
        execution. With O(mode=done), a planned change (of a result with C(check_mode=true)) without a later result is
        reported as failed.
      - With the option C(rows_in_file) of the photo modules, the rows are read from the files. If a file is missing,
        incomplete or changed, its users are not examined.
      - Results of M(hybrid.photos.ad_thumbnail_photo_info) and M(hybrid.photos.exo_user_photo_info) are accepted, too. Only
        users whose photo could not be read become rows.
    type: list
    elements: dict
    required: true
  dest:
    description:
      - The folder on the controller for the files. It is created if it is missing, and only its owner can read it.
      - A relative path starts from the folder of the playbook, or, for a playbook of a collection, from the folder
        in which Ansible was called.
    type: path
    required: true
  formats:
    description:
      - The formats to write.
      - V(json) writes C(drift.json), which has all data and a published JSON Schema.
      - V(markdown) writes C(drift.md), which is short enough for a comment under a pull request.
      - V(html) writes C(drift.html), one self-contained page with the pictures of users with drift.
      - V(junit) writes C(drift.xml), with one test case for each user and target.
      - V(openmetrics) writes C(drift.prom), the figures for the textfile collector of Prometheus' node_exporter, without
        names of people. See O(metrics_dir).
    type: list
    elements: str
    choices: [json, markdown, html, junit, openmetrics]
    default: [json, markdown]
  title:
    description:
      - The title of the report. If not given, V(Photo drift), or V(Photo sync) after a real run.
    type: str
  mode:
    description:
      - Whether the results say what would be done (V(plan)) or what was done (V(done)).
      - If not given, V(plan) in check mode, or what the key C(check_mode) of the results says. Without this key, V(done) if
        any row was verified or backed up, otherwise V(plan).
    type: str
    choices: [plan, done]
  users:
    description:
      - All users that should be in the report. Users without a result for one of O(targets) are listed as not examined.
    type: list
    elements: str
    default: []
  declared_at:
    description: The same as O(users), but by target, if not all users are declared for every target.
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
      - The results of M(hybrid.photos.photo_choice) of each host. They have the users who should have been examined, as in
        O(declared_at). The names are read from files. If a file is lost, RV(status) is V(failed).
      - They also have the users who were excluded, and the number of users who were not chosen.
      - If it failed on a host, a part of the run was not examined, and RV(status) is V(failed).
    type: list
    elements: dict
    default: []
  hosts:
    description: The hosts of the play. If one is not in O(shards), a part of the run was not examined.
    type: list
    elements: str
    default: []
  mailboxes:
    description: The results of M(hybrid.photos.ad_user_info) about users without a mailbox in Exchange Online.
    type: list
    elements: dict
    default: []
  shared:
    description: The value RV(hybrid.photos.photo_guard#module:shared) that M(hybrid.photos.photo_guard) returned.
    type: dict
    default: {}
  option_prefix:
    description: The prefix of option names in reasons, such as V(sync_).
    type: str
    default: ""
  targets:
    description:
      - The targets at which O(users) should have been examined.
      - If no photo could be read at a target, RV(status) is V(failed), and the target is in RV(targets_not_examined).
      - There are two exceptions. One is a target that said that the users' mailboxes are elsewhere. The other is a target that
        gave an answer for each of fewer than ten chosen users (see O(not_chosen)); these users are V(unresolved),
        V(invalid), or have no mailbox there.
    type: list
    elements: str
    choices: [ad, exchange, exo]
    default: []
  ignore_problems:
    description:
      - Problems that are accepted for all users, as C(known_problems) of a definition does for one user. They are reported,
        but they do not change RV(status) or RV(clean), and are not in RV(problems).
    type: list
    elements: str
    choices: [invalid, unavailable, unresolved]
    default: []
  excluded:
    description: Declared users who were excluded from this run. The report counts and names them.
    type: list
    elements: str
    default: []
  not_chosen:
    description: How many other declared users were not chosen for this run.
    type: int
    default: 0
  notes:
    description:
      - Texts for the screen and for the messages of the report, for example about users who were left out. None of them
        is a failure.
    type: list
    elements: str
    default: []
  everyone:
    description:
      - The results of M(hybrid.photos.ad_thumbnail_photo_info) and M(hybrid.photos.exo_user_photo_info) for all users. The
        report then lists users with a photo and without a definition. Their photos are never changed.
      - A user is declared if a row of O(results) has the account's id, or if O(declared) has the name.
    type: list
    elements: dict
  declared:
    description: All declared users, also those without a row in O(results), for O(everyone).
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
      - A folder with small JPEG pictures for the HTML report. The photo modules write them with their option of the same
        name. Only users with drift and users that could not be checked are shown with pictures.
    type: path
  remove_previews:
    description:
      - Remove the pictures from O(previews_dir) after the report, even if the report could not be written, and the folder
        itself if nothing else is in it.
    type: bool
    default: false
  max_pictures:
    description:
      - The largest number of users that are shown with pictures in the HTML report. The report says if there are more.
    type: int
    default: 300
  root:
    description:
      - Source pictures under this folder are shown with their path relative to it, so that reports of two
        machines can be compared.
    type: path
  run:
    description:
      - The name of this run, for its folder below C(runs). If not given, the time. If the name exists already, a number is
        added.
    type: str
  keep_runs:
    description:
      - The number of runs whose reports are kept in C(runs/<run>) in O(dest). Older ones are removed.
      - With V(0) only the newest report is kept, in O(dest) itself, and those in C(runs) are removed.
      - If it is not set, the report is only written to O(dest), and no older one is removed.
    type: int
  plan:
    description:
      - The C(drift.json) that was carried out. It is never overwritten. If it is in O(dest) itself, this report is only
        written to C(runs/<run>).
    type: path
  metrics_dir:
    description:
      - The folder on the controller that node_exporter's textfile collector reads. The metrics are then written there,
        as C(hybrid_photos_<metrics_name>.prom) with mode 0644, and not to O(dest). V(openmetrics) in O(formats) is not
        necessary.
      - The folder must exist. The file is replaced in one step.
    type: path
  metrics_name:
    description:
      - A word for this kind of run, such as V(drift) or V(sync). It is used for the label C(run) of the metrics, for the name
        of their file, and for C(run) in O(history). Different kinds of runs on one machine need different words.
    type: str
    default: drift
  history:
    description:
      - A file on the controller to which one line of JSON is added for each run, with counts and without names of people.
        Several kinds of runs can share it. Its folder must exist, unless it is O(dest).
      - With this file, the Markdown and HTML reports show the changes since the last run with the same targets, and the HTML
        report shows the percentage of right photos over time.
      - Only the owner can read a new file. A file with other content is refused.
    type: path
  started:
    description: When the run began, such as V(2026-11-27T02:15:00Z). The metrics and O(history) then have its duration.
    type: str
  doctor:
    description:
      - The results of M(hybrid.photos.ad_photo_doctor) and M(hybrid.photos.exo_photo_doctor). The metrics then have the time
        when the password, the certificate or the client secret of the runs expires, if it is known.
    type: list
    elements: dict
    default: []
  probe:
    description:
      - Only check whether a report can be written to O(dest), metrics to O(metrics_dir) and a line to O(history), before a
        run. O(dest) and O(history) are created if they are missing. Nothing else is written, and O(results) can be empty.
      - If O(formats) has V(html), it also makes a folder for O(previews_dir) in Ansible's own temporary folder of the run.
    type: bool
    default: false
  show:
    description:
      - Print the line and the reasons on the screen.
    type: bool
    default: true
  show_diff:
    description:
      - Also print the difference that each change would make, as C(--diff) does for the photo modules. Only with
        O(mode=plan).
    type: bool
    default: false
seealso:
  - module: hybrid.photos.ad_thumbnail_photo
  - module: hybrid.photos.exo_user_photo
"""

EXAMPLES = r"""
- name: Compare the photos in Active Directory
  hybrid.photos.ad_thumbnail_photo:
    photos: "{{ photos }}"
  check_mode: true
  ignore_errors: true
  register: in_ad

- name: Compare the photos in Exchange Online
  hybrid.photos.exo_user_photo:
    photos: "{{ photos }}"
  check_mode: true
  ignore_errors: true
  register: in_exo

- name: Report the differences
  hybrid.photos.drift_report:
    results: ["{{ in_ad }}", "{{ in_exo }}"]
    dest: "{{ playbook_dir }}/reports"
    formats: [json, markdown, html, junit]
    mode: plan
    history: /var/lib/hybrid-photos/history.jsonl
    metrics_dir: /var/lib/prometheus/node-exporter
  register: drift

- name: Fail the pipeline if anything is not as declared
  ansible.builtin.assert:
    that: drift.clean
    fail_msg: "{{ drift.line }}"
"""

RETURN = r"""
paths:
  description: The files of the report, by format. They are in O(dest), unless O(plan) is there or O(metrics_dir) is given.
  returned: success
  type: dict
  sample: {"json": "/srv/reports/drift.json", "markdown": "/srv/reports/drift.md"}
run_dir:
  description: The folder of this run's own report, with O(keep_runs) or if O(plan) is in O(dest). Otherwise null.
  returned: success
  type: str
status:
  description:
    - The worst state that the run found, for pipelines.
    - V(failed) if a change failed, or if a target, a part of the run or a user was not examined.
    - V(problem) if a user could not be checked, or if a written photo is not shown yet.
    - V(drift) if a photo is not as declared.
    - V(clean) if there is none of these.
  returned: success
  type: str
open_problems:
  description: How many users could not be checked at a target, without users whose problems are known and accepted.
  returned: success
  type: int
undeclared:
  description: With O(everyone), the users with a photo and without a definition, each with C(user), C(target), C(id) and C(label).
  returned: success
  type: list
  elements: dict
targets_not_examined:
  description: The O(targets) at which no photo could be read, each with C(target) and C(reason).
  returned: success
  type: list
  elements: dict
  sample: [{"target": "exo", "reason": "The client secret has expired."}]
not_started:
  description: Hosts on which a photo module could not be started. Their users were not examined.
  returned: success
  type: list
  elements: str
previews_dir:
  description: A new folder for pictures, or an empty text without the format V(html).
  returned: with O(probe)
  type: str
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
    - C(users) is the number of users, C(not_examined) is the number of users who were not examined at some target, and
      C(targets) has the same keys for each target.
  returned: success
  type: dict
  sample: {"checked": 8, "in_sync": 5, "missing": 2, "different": 1, "users": 4, "not_examined": 0, "targets": {}}
states:
  description: How many users are in which state, as in RV(line). It adds up to C(users) of RV(summary).
  returned: success
  type: dict
drifting:
  description:
    - How many users a run would change; after a real run, how many still drift because the run did not change them.
  returned: success
  type: int
clean:
  description: Whether RV(status) is V(clean), so all users were examined and their photos are as declared.
  returned: success
  type: bool
mode:
  description: Whether the report says what would be done (V(plan)) or what was done (V(done)).
  returned: success
  type: str
line:
  description: The report in one line.
  returned: success
  type: str
headline:
  description: The report in one sentence.
  returned: success
  type: str
sentence:
  description: The report in one sentence, for readers who do not know the terms of this collection.
  returned: success
  type: str
percent:
  description: The percentage of people with the right photo at all targets, rounded down to one decimal.
  returned: success
  type: float
digest:
  description: SHA-256 of the report's content. Two reports with the same digest have the same content.
  returned: success
  type: str
"""
