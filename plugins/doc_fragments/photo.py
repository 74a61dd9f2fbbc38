# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # The options of photo_argument_spec() whose meaning and default do not depend on the target.
    DOCUMENTATION = r"""
options:
  user:
    description:
      - The one user whose photo is declared, named as O(match_by) says.
      - Exactly one of O(user) and O(photos) is needed.
    type: str
  photos:
    description:
      - The users whose photos are declared, all in one call. A list of thousands is what this module is made for.
      - The inventory plugin P(hybrid.photos.definitions#inventory) makes such lists out of a folder in Git.
    type: list
    elements: dict
    suboptions:
      user:
        description: The user, named as O(match_by) says. No user may be declared twice.
        type: str
        required: true
      src:
        description: The picture file on the host that runs the module, as O(src) below.
        type: str
      content:
        description: The picture itself, base64 encoded. It is never shown in results.
        type: str
      state:
        description: Whether the user shall have this photo or none at all.
        type: str
        choices: [present, absent]
        default: present
      origin:
        description:
          - Where the photo is declared, such as V(photos.yml:12). Results and messages repeat it.
          - The inventory plugin P(hybrid.photos.definitions#inventory) gives it.
        type: str
      targets:
        description:
          - Where this user's photo is declared, such as V([exo]) for a guest. A module of another target leaves the
            user out. All targets if not given.
        type: list
        elements: str
        choices: [ad, exchange, exo]
      known_problems:
        description:
          - Problems of this user that are known and accepted, such as V([unavailable]) for a mailbox that is disabled.
            They are reported with RV(ignore:accepted=true) and do not make the module fail.
        type: list
        elements: str
        choices: [invalid, unavailable, unresolved]
        default: []
      ad:
        description:
          - The user's name in Active Directory, where it is another one than O(photos[].user). It is found by O(match_by).
          - Results name the user as O(photos[].user) does.
        type: str
      exchange:
        description:
          - The user's name in Exchange Server, where it is another one than O(photos[].user). It is found by O(match_by).
        type: str
      exo:
        description:
          - The user's name in Exchange Online, where it is another one than O(photos[].user). It is found by O(match_by);
            with O(match_by=anchor) it is a user principal name.
          - Results name the user as O(photos[].user) does.
        type: str
  people:
    description:
      - What another module returned about the same users at the other target, as registered. Usually that is
        M(hybrid.photos.ad_user_info).
      - With O(match_by=anchor) it says which account each user has there. Its source anchor leads to the account here.
      - Also without O(match_by=anchor), a user whose mailbox is on-premises is reported as such and not only as a user
        without a mailbox in Exchange Online.
    type: dict
  leave_out:
    description:
      - Leave out users whose mailbox is there, as O(people) say. They have no row, and RV(ignore:left_out) names them.
      - A user of whose mailbox O(people) say nothing is not left out.
    type: list
    elements: str
    choices: [on_premises, cloud]
    default: []
  src:
    description:
      - The picture file, with O(user). It is read on the host and by the account that run the module; copy it there
        first, or give O(content), where that is not the controller.
      - Give an absolute path; where a relative one starts depends on the connection.
      - JPEG, PNG, WebP, GIF, BMP, TIFF and AVIF of any size are read; HEIC where the Python package C(pillow-heif) is.
      - A leading C(~) is the home folder. Variables of the environment such as C($HOME) are not replaced, since names of
        files come from outside.
      - Not used with O(state=absent).
    type: str
  content:
    description: The picture itself, base64 encoded, with O(user). It is never shown in results.
    type: str
  state:
    description: Whether the user shall have this photo (V(present)) or none at all (V(absent)), with O(user).
    type: str
    choices: [present, absent]
    default: present
  crop:
    description:
      - Which part of a picture that is not square becomes the photo.
      - V(center) and V(top) keep the middle or the top.
      - V(face) keeps the face with room around it where exactly one is found; otherwise it does what V(top) does, and
        says so. It needs the Python package C(opencv-python-headless) of a version below 5, which has no face detector.
        Where that is missing, every such picture is V(invalid), since another crop would differ from what another
        machine makes, and the two would overwrite each other at every run.
      - V(none) keeps the whole picture, at its aspect ratio, within O(size) on both sides.
    type: str
    choices: [center, top, face, none]
    default: center
  background:
    description: The colour behind transparent pixels, as C(#rrggbb).
    type: str
    default: "#ffffff"
  as_is:
    description:
      - Store the bytes of the source as they are when they are a JPEG of at most O(max_bytes). Active Directory takes
        any other picture as it is, too, and there nothing but equal bytes counts as the same photo.
      - For bringing back photos that were saved from the same target.
    type: bool
    default: false
  receipts:
    description:
      - A file in which the module remembers what it wrote, so that the next run knows unchanged photos without fetching
        them, and photos that somebody else changed. Created when missing, and its folder with mode C(0700); safe to
        share between hosts of a play that run on one machine. Losing it costs time, never a photo.
      - Before each write it says what is about to be written, so a run that was killed does not take its own photo for
        somebody else's. It keeps for ever which account each name led to, see O(confirm_accounts).
      - For 15 minutes it remembers which account each name leads to, so that the plays of one call ask once. Before a
        change is planned the name is looked up again, in check mode too.
      - It also remembers the hashes of picture files, so that those whose size, times and inode did not move are not
        read again.
      - Not written in check mode.
    type: path
  on_foreign_change:
    description:
      - What to do when somebody else has set another picture since O(receipts) remembers it. The same picture under
        another ETag is no change, since Microsoft 365 stores photos anew by itself.
      - V(overwrite) puts the declared photo back; V(keep) leaves the change and reports it.
    type: str
    choices: [overwrite, keep]
    default: overwrite
  backup_dir:
    description:
      - A folder in which every photo is saved before it is overwritten or removed. When it cannot be saved, the change
        is not made. Created when missing, with mode C(0700).
      - The role P(hybrid.photos.restore#role) brings photos back from it.
    type: path
  run_id:
    description: The name of this run in the backup's manifest. The time of the start if not given.
    type: str
  max_replaced:
    description:
      - How many existing photos one run may replace, as a count or as a percentage of the photos that are there.
      - When ten or more users are checked and the plan passes this limit, nothing at all is written and the module
        fails. First photos do not count.
      - Users for whom the target gave no answer count as if their photo were replaced.
    type: str
    default: 30%
  max_removed:
    description: As O(max_replaced), for photos that would be removed.
    type: str
    default: 10%
  max_added:
    description:
      - As O(max_replaced), for first photos, as a count or as a percentage of the users that are checked.
      - Without it, first photos are not limited.
    type: str
  shared_pictures:
    description:
      - What to do when one picture is declared for several users of this call.
      - V(allow) writes it and names the other users in C(shared_with); V(refuse) writes it for none of them and reports
        them as C(invalid).
    type: str
    choices: [allow, refuse]
    default: allow
  confirm_accounts:
    description:
      - Users whose name may lead to another account than O(receipts) remembers, because it is still the same person.
      - Without this, a name that has a new holder is C(unresolved) while the picture of the former one is declared, so
        that nobody gets another person's face. Declaring a new picture confirms it as well.
    type: list
    elements: str
    default: []
  option_prefix:
    description:
      - What messages put before the names of options, such as V(sync_) for the role P(hybrid.photos.sync#role), so that
        a message names the variable that is to be set.
    type: str
    default: ""
  verify:
    description: Whether to read every written photo back.
    type: bool
    default: true
  verify_timeout:
    description:
      - How many seconds a run waits, once for all users, for a service that still shows the old photo.
      - What is not shown by then is reported as unverified, which is no failure.
    type: int
    default: 15
  ignore_problems:
    description: Drift states that do not make the module fail, such as V(unresolved).
    type: list
    elements: str
    choices: [in_sync, missing, different, unwanted, unresolved, unavailable, invalid]
    default: []
  approved:
    description:
      - Carry out only these changes, and each only while the target and the source still are what they were when it
        was approved. Everything else is reported with RV(ignore:stale=true).
      - The role P(hybrid.photos.sync#role) fills it from a drift report.
    type: list
    elements: dict
    suboptions:
      user:
        description: The user, as declared.
        type: str
        required: true
      action:
        description: What was approved.
        type: str
        choices: [put, remove]
        required: true
      tag:
        description: The ETag or SHA-256 of the photo that the target had then. Without it, there was none.
        type: str
      source_sha256:
        description: The SHA-256 of the declared picture then.
        type: str
      id:
        description: The account's id then.
        type: str
      fingerprint:
        description: The fingerprint of the photo that the target had then. The same photo may have another ETag by now.
        type: str
      untouched:
        description: The ETag or SHA-256 of the photo that the target has as long as there is nothing to undo.
        type: str
  authority:
    description:
      - The domain (its DNS name) or tenant (its ID) that this call is meant for. Another one is refused.
      - The role P(hybrid.photos.restore#role) gives the one that a backup was made from.
    type: str
  plan_only:
    description:
      - Stop before the first write, as check mode does, and yet remember in O(receipts) what was found to be the same.
      - RV(ignore:summary) and RV(ignore:photos) say what would be done.
    type: bool
    default: false
  previews_dir:
    description:
      - A folder that gets small copies of the declared and the present photos of drifting users, for
        M(hybrid.photos.drift_report). It is written in check mode too.
      - Ignored where the module does not run on the controller, which is where the report looks for them.
    type: path
  rows:
    description:
      - V(all) returns a row for every user.
      - V(drifting) returns rows only where there is something to say, and the other users as a short list; it keeps
        the results of thousands of users small.
    type: str
    choices: [all, drifting]
    default: all
  progress_file:
    description: A file in which the running module says how far it is. Used by the module's action plugin.
    type: path
requirements:
  - python >= 3.11
  - pillow
"""
