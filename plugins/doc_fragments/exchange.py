# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of module_utils._entry.exchange_options.exchange_argument_spec()."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  server:
    description:
      - Full DNS name (not a URL) of one Exchange server, such as V(ex1.corp.example.com).
      - It must be the name that the server has in Kerberos (C(HTTP/ex1.corp.example.com)). A load-balanced name works
        only with an alternate service account.
      - Receipts, plans and backups are stored under the domain of this name, V(corp.example.com).
      - If not given, the environment variable E(HYBRID_PHOTOS_EXCHANGE_SERVER) is used.
    type: str
  port:
    description:
      - Port of remote PowerShell. By default V(80) with O(tls_mode=http), V(443) with O(tls_mode=https).
      - If not given, the environment variable E(HYBRID_PHOTOS_EXCHANGE_PORT) is used.
    type: int
  tls_mode:
    description:
      - How the connection is protected.
      - V(http) is what Microsoft documents for remote PowerShell. Kerberos then proves the identity of the server and
        encrypts every message.
      - V(https) is TLS, and the server's certificate is checked.
      - If not given, the environment variable E(HYBRID_PHOTOS_EXCHANGE_TLS_MODE) is used.
    type: str
    choices: [https, http]
    default: http
  auth_protocol:
    description:
      - How to sign in.
      - V(kerberos) uses the ticket or client keytab of the environment (E(KRB5CCNAME), E(KRB5_CLIENT_KTNAME)). If
        O(username) and O(password) are given, it gets a ticket for this run only.
      - V(basic) sends O(username) and O(password) inside TLS, and is refused with O(tls_mode=http). By default it is
        switched off in Exchange Server.
      - NTLM is never used.
      - If not given, the environment variable E(HYBRID_PHOTOS_EXCHANGE_AUTH_PROTOCOL) is used.
    type: str
    choices: [kerberos, basic]
    default: kerberos
  username:
    description:
      - The account that signs in. With V(kerberos) its principal, C(name@EXAMPLE.COM).
      - If not given, the environment variable E(HYBRID_PHOTOS_EXCHANGE_USERNAME) is used.
    type: str
  password:
    description:
      - The password of O(username).
      - If not given, the environment variable E(HYBRID_PHOTOS_EXCHANGE_PASSWORD) is used.
    type: str
  ca_cert:
    description:
      - PEM file with the certificates of the authorities that are trusted to sign the certificate of the server, with
        O(tls_mode=https). By default the authorities that the host trusts.
      - If not given, the environment variable E(HYBRID_PHOTOS_EXCHANGE_CA_CERT) is used.
    type: path
  cert_validation:
    description:
      - What is checked of the server's certificate, with O(tls_mode=https).
      - V(always) checks that a trusted authority signed it and that it contains the server's name.
      - V(ignore_hostname) checks only the authority.
      - V(ignore) checks nothing, so an attacker in the network can read the password. For experiments only.
    type: str
    choices: [always, ignore_hostname, ignore]
    default: always
  domain_controller:
    description:
      - Full DNS name of the domain controller that Exchange reads and writes with. Name the one that
        M(hybrid.photos.ad_thumbnail_photo) uses when both run one after the other. By default Exchange chooses.
      - If not given, the environment variable E(HYBRID_PHOTOS_EXCHANGE_DOMAIN_CONTROLLER) is used.
    type: str
  timeout:
    description:
      - Seconds to wait for the connection and for each answer. A cmdlet may take ten times as long.
    type: int
    default: 30
  concurrency:
    description:
      - The largest number of concurrent cmdlets in one session. Exchange Server's default throttling policy allows an account 18.
      - If the throttling policy refuses a cmdlet, the module waits as long as the server asks for, at most five
        minutes.
    type: int
    default: 5
requirements:
  - pypsrp >= 0.9 with its Kerberos extra (on the host that runs the module)
"""
