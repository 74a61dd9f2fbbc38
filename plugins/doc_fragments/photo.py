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
      - The user whose photo is declared, by the attribute in O(match_by).
      - Exactly one of O(user) and O(photos) is needed.
    type: str
  photos:
    description:
      - The users whose photos are declared, all in one call. The list can contain thousands of users.
      - The inventory plugin P(hybrid.photos.definitions#inventory) makes such lists from a folder in Git.
    type: list
    elements: dict
    suboptions:
      user:
        description: The user, by the attribute in O(match_by). No user may be declared twice.
        type: str
        required: true
      src:
        description: The picture file on the host that runs the module, as O(src) below.
        type: str
      content:
        description: The picture itself, base64 encoded. It is never shown in results.
        type: str
      state:
        description: Whether the user must have this photo (V(present)) or no photo (V(absent)).
        type: str
        choices: [present, absent]
        default: present
      source_sha256:
        description:
          - The SHA-256 hash of a picture that was not read, in place of O(photos[].src) and O(photos[].content). If
            O(receipts) show that the target has this photo, the user is V(in_sync).
          - Otherwise nothing is done for the user, who is V(unavailable) and named in RV(ignore:source_needed). Run the
            module again with the picture itself.
          - The role P(hybrid.photos.lead#role) uses it for photos that did not change on the leading side.
        type: str
      copied:
        description:
          - Whether the picture is a photo from another target. A service may store such a photo again with other bytes. Then it
            is compared with the photo at this target, even if O(receipts) have the former bytes, and the same picture is not
            written again.
        type: bool
        default: false
      origin:
        description:
          - Where the photo is declared, such as V(photos.yml:12). Results and messages repeat it.
          - The inventory plugin P(hybrid.photos.definitions#inventory) sets it.
        type: str
      targets:
        description:
          - The targets for which this user's photo is declared, such as V([exo]) for a guest. A module of another target leaves
            the user out. All targets if not given.
        type: list
        elements: str
        choices: [ad, exchange, exo]
      known_problems:
        description:
          - Problems of this user that are known and accepted, such as V([unavailable]) for a mailbox that is disabled.
            They are reported with RV(ignore:accepted=true), but do not make the module fail.
        type: list
        elements: str
        choices: [invalid, unavailable, unresolved]
        default: []
      default:
        description:
          - Whether O(photos[].src) is the default picture, for users without a photo. It is only put if the target has no
            photo. A photo of the user is not changed, no matter who set it. The user is then in sync, with
            RV(ignore:own_photo=true).
          - If the default picture changes, the new one replaces the former one if O(receipts) show that the target still has
            it. Without O(receipts) this is not known, and the former one stays.
          - O(shared_pictures) does not refuse it, because many users may have it.
          - A default picture that cannot be used fails the module before any server is called.
        type: bool
        default: false
        version_added: 0.1.0
      ad:
        description:
          - The user's name in Active Directory, if it is not the same as O(photos[].user). It is found by O(match_by).
          - Results have the name in O(photos[].user).
        type: str
      exchange:
        description:
          - The user's name in Exchange Server, if it is not the same as O(photos[].user). It is found by O(match_by).
        type: str
      exo:
        description:
          - The user's name in Exchange Online, if it is not the same as O(photos[].user). It is found by O(match_by); with
            O(match_by=anchor) it is a user principal name.
          - Results have the name in O(photos[].user).
        type: str
  photos_file:
    description:
      - The value RV(hybrid.photos.photo_choice#module:photos_file) that M(hybrid.photos.photo_choice) returned, in place
        of O(photos). Used by the roles.
    type: dict
  people:
    description:
      - The registered result of another module about the same users at the other target, usually of
        M(hybrid.photos.ad_user_info).
      - With O(match_by=anchor) it has each user's account there. The source anchor of that account leads to the account at
        this target; in Exchange Server the C(objectGUID) does.
      - Also without O(match_by=anchor), it is used to report that a mailbox is on-premises, and not only that there is no
        mailbox in Exchange Online.
    type: dict
  leave_out:
    description:
      - Leave out users who have their mailbox in this place, according to O(people). They have no row, and
        RV(ignore:left_out) names them.
      - V(routed) is for runs with both targets with mailboxes (Exchange Server and Exchange Online). It leaves out users
        who have the mailbox at the other one of these targets, if the photo is declared for that target, too.
      - A user is not left out if O(people) have nothing about the mailbox.
    type: list
    elements: str
    choices: [on_premises, cloud, routed]
    default: []
  src:
    description:
      - The picture file, with O(user). It is read on the host and with the account that run the module. If this is not the
        controller, copy the file there first, or use O(content).
      - Give an absolute path. The start of a relative path depends on the connection.
      - JPEG, PNG, WebP, GIF, BMP, TIFF and AVIF of any size are read; HEIC only if the Python package C(pillow-heif) is
        installed.
      - A leading C(~) is the home folder. Environment variables such as C($HOME) are not replaced, because file names come
        from outside.
      - Not used with O(state=absent).
    type: str
  content:
    description: The picture itself, base64 encoded, with O(user). It is never shown in results.
    type: str
  state:
    description: Whether the user must have this photo (V(present)) or no photo (V(absent)), with O(user).
    type: str
    choices: [present, absent]
    default: present
  crop:
    description:
      - Which part of a picture that is not square becomes the photo.
      - V(center) and V(top) keep the middle or the top.
      - V(face) keeps the face and some space around it if exactly one face is found. Otherwise it does the same as
        V(top), and the result says so. It needs the Python package C(opencv-python-headless), older than version 5,
        because version 5 has no face detector. Without the package every such picture is V(invalid), because two
        machines with different crops would overwrite each other's photos at every run.
      - V(none) keeps the whole picture and its aspect ratio, with at most O(size) pixels on each side.
    type: str
    choices: [center, top, face, none]
    default: center
  background:
    description: The colour behind transparent pixels, as C(#rrggbb).
    type: str
    default: "#ffffff"
  as_is:
    description:
      - Store the bytes of the source unchanged if they are a JPEG of at most O(max_bytes). For Active Directory, pictures of
        other formats are stored unchanged, too, and only equal bytes count as the same photo.
      - Use it to restore photos that were saved from the same target.
    type: bool
    default: false
  receipts:
    description:
      - A file in which the module remembers what it wrote. So the next run recognizes unchanged photos without fetching
        them, and also photos that others changed. The file and its folder (mode C(0700)) are created if they are missing.
        Hosts of a play that run on one machine can share it. If the file is lost, the next run takes longer, but no photo
        is lost.
      - Before each write, the module records it in this file. So after a run that was killed, the next run recognizes the
        photo as its own. The file also remembers permanently to which account each name belonged, see
        O(confirm_accounts).
      - For 15 minutes it remembers to which account each name belongs, so that the plays of one call look it up only
        once. Before a change is planned, the name is always looked up again, also in check mode.
      - It also remembers the hashes of picture files. Files whose size, times and inode did not change are not read
        again.
      - Not written in check mode.
    type: path
  on_foreign_change:
    description:
      - What to do when others have set another picture since the last write in O(receipts). The same picture with
        another ETag does not count as a change, because Microsoft 365 sometimes stores photos again by itself.
      - V(overwrite) writes the declared photo again; V(keep) keeps the change and reports it.
    type: str
    choices: [overwrite, keep]
    default: overwrite
  backup_dir:
    description:
      - A folder in which every photo is saved before it is overwritten or removed. If a photo cannot be saved, its
        change is not made. The folder is created if it is missing, with mode C(0700).
      - The role P(hybrid.photos.restore#role) restores photos from it.
    type: path
  run_id:
    description: The name of this run in the backup's manifest. The time of the start if not given.
    type: str
  max_replaced:
    description:
      - How many existing photos one run may replace, as a count or as a percentage of the existing photos.
      - If ten or more users are checked and the plan exceeds this limit, nothing is written and the module fails. First
        photos do not count.
      - Users for which the target gave no answer count as if their photo were replaced.
    type: str
    default: 30%
  max_removed:
    description: The same as O(max_replaced), for photos that would be removed.
    type: str
    default: 10%
  max_added:
    description:
      - The same as O(max_replaced), for first photos, as a count or as a percentage of the checked users.
      - Not limited if not given.
    type: str
  shared_pictures:
    description:
      - What to do when one picture is declared for several users of this call.
      - V(allow) writes it and names the other users in C(shared_with). V(refuse) writes it for none of them and reports
        them as C(invalid).
    type: str
    choices: [allow, refuse]
    default: allow
  confirm_accounts:
    description:
      - Users whose name now belongs to another account than O(receipts) remembers, and who are still the same person.
      - Without this, a name that belongs to a new account is C(unresolved) as long as the picture of the former account
        is declared. So no user gets the photo of another person. A new declared picture confirms it as well.
    type: list
    elements: str
    default: []
  option_prefix:
    description:
      - The prefix of option names in messages, such as V(sync_) for the role P(hybrid.photos.sync#role). So a message
        names the variable of the role.
    type: str
    default: ""
  verify:
    description: Whether to read back every photo that was written.
    type: bool
    default: true
  verify_timeout:
    description:
      - How many seconds a run waits for a service that still shows old photos. It waits once for all users.
      - Photos that are not shown after that time are reported as unverified. This is not a failure.
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
      - Make only these changes, and each only if the photo at the target and the source are still the same as at the time
        of the approval. All other changes are reported with RV(ignore:stale=true).
      - The role P(hybrid.photos.sync#role) reads the list from a drift report.
    type: list
    elements: dict
    suboptions:
      user:
        description: The user, as declared.
        type: str
        required: true
      action:
        description: The approved change.
        type: str
        choices: [put, remove]
        required: true
      tag:
        description: The ETag or SHA-256 of the photo that the target had then. Not given if there was none.
        type: str
      source_sha256:
        description: The SHA-256 of the picture that was declared then.
        type: str
      id:
        description: The id of the account then.
        type: str
      fingerprint:
        description: The fingerprint of the photo that the target had then. The same photo can have another ETag now.
        type: str
      untouched:
        description: The ETag or SHA-256 of the photo that the target shows if there is nothing to undo.
        type: str
  authority:
    description:
      - The domain (its DNS name) or tenant (its ID) for which this call is meant. Another one is refused.
      - The role P(hybrid.photos.restore#role) sets it to the domain or tenant of the backup.
    type: str
  plan_only:
    description:
      - Stop before the first write, like check mode, but remember in O(receipts) which photos were found to be the
        same.
      - RV(ignore:summary) and RV(ignore:photos) say what would be done.
    type: bool
    default: false
  previews_dir:
    description:
      - A folder for small copies of the declared and the present photos of users with drift, for
        M(hybrid.photos.drift_report). They are written in check mode, too.
      - Ignored if the module does not run on the controller, because the report reads them there.
    type: path
  rows:
    description:
      - V(all) returns a row for every user.
      - V(drifting) returns rows only for users with drift, problems or warnings, and the other users as a short list.
        So the results of thousands of users stay small.
    type: str
    choices: [all, drifting]
    default: all
  rows_in_file:
    description:
      - Keep RV(ignore:photos) in a file on the controller and return RV(ignore:rows_file) with its path, its number of rows
        and its SHA-256. So the results of many shards need no memory. Used by the roles. M(hybrid.photos.drift_report) and
        M(hybrid.photos.photo_guard) read such files.
      - The file is in Ansible's temporary folder of this run (C(DEFAULT_LOCAL_TMP)). Only its owner can open it, and
        Ansible removes it at the end. It is written in check mode, too.
    type: bool
    default: false
  progress_file:
    description: A file in which the running module reports its progress. Used by the module's action plugin.
    type: path
requirements:
  - python >= 3.11
  - pillow
"""
