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
      - The user whose photo is declared, named as O(match_by) says.
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
        description: Whether the user must have this photo (V(present)) or no photo (V(absent)).
        type: str
        choices: [present, absent]
        default: present
      source_sha256:
        description:
          - The SHA-256 hash of a picture that is not here, without O(photos[].src) and O(photos[].content). O(receipts)
            tell whether it is the photo that the target holds, and then the user is V(in_sync).
          - Where they do not tell, nothing is done for the user, who is V(unavailable) and named in
            RV(ignore:source_needed). Run the module again with the picture itself.
          - The role P(hybrid.photos.lead#role) uses it for photos that did not change on the leading side.
        type: str
      copied:
        description:
          - Whether the picture is the photo that another target holds. Such a photo may be encoded again in other bytes by the
            service itself. Then it is compared with what this target holds, also where O(receipts) know the former bytes,
            and the same picture is not written again.
        type: bool
        default: false
      origin:
        description:
          - Where the photo is declared, such as V(photos.yml:12). Results and messages repeat it.
          - The inventory plugin P(hybrid.photos.definitions#inventory) sets it.
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
            They are reported with RV(ignore:accepted=true), but do not make the module fail.
        type: list
        elements: str
        choices: [invalid, unavailable, unresolved]
        default: []
      default:
        description:
          - Whether O(photos[].src) is the default picture, for people without one. It is put only where the target has
            no photo. A photo of the person, whoever set it, stays; the user is then in sync, with
            RV(ignore:own_photo=true).
          - When another picture becomes the default one, it replaces the former one where O(receipts) show that the
            target still has it. Without O(receipts) this is not known, and the former one stays.
          - Many users may have it, so O(shared_pictures) does not refuse it.
          - A default picture that cannot be used fails the module before any server is called.
        type: bool
        default: false
        version_added: 0.1.0
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
  photos_file:
    description:
      - What M(hybrid.photos.photo_choice) returned in RV(hybrid.photos.photo_choice#module:photos_file), in place of
        O(photos). Used by the roles.
    type: dict
  people:
    description:
      - What another module returned about the same users at the other target, as registered. Usually that is
        M(hybrid.photos.ad_user_info).
      - With O(match_by=anchor) it says which account each user has there. Its source anchor leads to the account here; in
        Exchange Server its C(objectGUID) does.
      - Also without O(match_by=anchor), a user whose mailbox is on-premises is reported as such and not only as a user
        without a mailbox in Exchange Online.
    type: dict
  leave_out:
    description:
      - Leave out users whose mailbox is there, as O(people) say. They have no row, and RV(ignore:left_out) names them.
      - V(routed) leaves out who has the mailbox at the other one of the two targets with mailboxes (Exchange Server,
        Exchange Online), if the photo is declared for that target too. Runs over both use it.
      - A user of whose mailbox O(people) say nothing is not left out.
    type: list
    elements: str
    choices: [on_premises, cloud, routed]
    default: []
  src:
    description:
      - The picture file, with O(user). It is read on the host and by the account that run the module; copy it there
        first, or give O(content), where that is not the controller.
      - Give an absolute path; where a relative one starts depends on the connection.
      - JPEG, PNG, WebP, GIF, BMP, TIFF and AVIF of any size are read; HEIC only if the Python package C(pillow-heif) is
        installed.
      - A leading C(~) is the home folder. Environment variables such as C($HOME) are not replaced, because names of
        files come from outside.
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
      - Store the bytes of the source as they are when they are a JPEG of at most O(max_bytes). For Active Directory,
        pictures of other formats are stored as they are, too, and only equal bytes count as the same photo.
      - Use it to restore photos that were saved from the same target.
    type: bool
    default: false
  receipts:
    description:
      - A file in which the module remembers what it wrote. So the next run recognizes unchanged photos without fetching
        them, and photos that others changed. Created when missing, and its folder with mode C(0700). Hosts of a play
        that run on one machine can share it. If the file is lost, the next run takes longer, but no photo is lost.
      - Before each write it records what is about to be written. So after a run that was killed, the next run
        recognizes the photo as its own. It also remembers permanently to which account each name belonged, see
        O(confirm_accounts).
      - For 15 minutes it remembers to which account each name belongs, so that the plays of one call look it up only
        once. Before a change is planned the name is looked up again, also in check mode.
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
        change is not made. Created when missing, with mode C(0700).
      - The role P(hybrid.photos.restore#role) restores photos from it.
    type: path
  run_id:
    description: The name of this run in the backup's manifest. The time of the start if not given.
    type: str
  max_replaced:
    description:
      - How many existing photos one run may replace, as a count or as a percentage of the photos that are there.
      - If ten or more users are checked and the plan passes this limit, nothing is written and the module fails. First
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
      - The same as O(max_replaced), for first photos, as a count or as a percentage of the users that are checked.
      - Not limited if not given.
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
      - Make only these changes, and each only if the photo at the target and the source are still the same as when it
        was approved. All other changes are reported with RV(ignore:stale=true).
      - The role P(hybrid.photos.sync#role) takes it from a drift report.
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
        M(hybrid.photos.drift_report). It is written in check mode too.
      - Ignored where the module does not run on the controller, which is where the report looks for them.
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
      - Keep RV(ignore:photos) in a file on the controller and return RV(ignore:rows_file), which says where it is, how
        many rows it has, and its SHA-256. So the results of many shards need no memory. Used by the roles;
        M(hybrid.photos.drift_report) and M(hybrid.photos.photo_guard) read such files.
      - The file is in Ansible's own temporary folder of this run (C(DEFAULT_LOCAL_TMP)), which only its owner can open
        and which Ansible removes at the end. It is written in check mode too.
    type: bool
    default: false
  progress_file:
    description: A file in which the running module reports its progress. Used by the module's action plugin.
    type: path
requirements:
  - python >= 3.11
  - pillow
"""
