# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of module_utils._entry.directory_options.directory_argument_spec()."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  server:
    description:
      - Host names (not URLs) of domain controllers of the users' own domain, in order of preference.
      - The first one that answers is used. One that does not answer, or whose certificate is wrong, is skipped for the
        rest of the run, and C(notes) of the result says so. If the connection to the one in use is lost, the run
        continues with the next.
      - If left out, the domain controllers of O(domain) are looked up in DNS.
      - With several names in O(domain), each server belongs to the domain that its name ends with.
      - With O(auth_protocol=kerberos) each must be the name that the domain controller has in Kerberos, not the
        domain's name and not an address.
      - If not given, the environment variable E(HYBRID_PHOTOS_AD_SERVER) is used (names separated by commas).
    type: list
    elements: str
  domain:
    description:
      - DNS name of the users' domain, such as V(corp.example.com). Without O(server), its domain controllers are looked
        up in DNS (SRV records of C(_ldap._tcp.dc._msdcs)), which needs the Python library dnspython.
      - With O(server), it is the domain that the server must be a controller of.
      - With several domains, each user is looked up in all of them, and each photo is read and written in the user's
        own domain. A name that exists in two of them is V(unresolved). The account that signs in must be known to all
        of them. Receipts and plans are stored under the name of the first domain, so keep it first.
      - If not given, the environment variable E(HYBRID_PHOTOS_AD_DOMAIN) is used (names separated by commas).
    type: list
    elements: str
  site:
    description:
      - The Active Directory site whose domain controllers are looked up first. Only with O(domain), without O(server).
      - If not given, the environment variable E(HYBRID_PHOTOS_AD_SITE) is used.
    type: str
  port:
    description:
      - Port of the directory service. By default V(636) with O(tls_mode=ldaps), otherwise V(389).
      - The Global Catalog (V(3268), V(3269)) is refused, because C(thumbnailPhoto) is not in it.
    type: int
  tls_mode:
    description:
      - How the connection is protected.
      - V(ldaps) uses TLS from the start, V(start_tls) upgrades a plain connection.
      - V(none) is refused with O(auth_protocol=simple). With O(auth_protocol=kerberos) the connection is then signed
        and sealed by Kerberos.
      - If not given, the environment variable E(HYBRID_PHOTOS_AD_TLS_MODE) is used.
    type: str
    choices: [ldaps, start_tls, none]
    default: ldaps
  auth_protocol:
    description:
      - How to sign in.
      - V(simple) sends O(username) and O(password) inside TLS.
      - V(kerberos) uses the ticket or client keytab of the environment (E(KRB5CCNAME), E(KRB5_CLIENT_KTNAME)). If
        O(username) and O(password) are given, it gets a ticket for this run only. Needs the SASL module for GSSAPI
        (C(libsasl2-modules-gssapi-mit) on Debian, C(cyrus-sasl-gssapi) on Red Hat).
      - If not given, the environment variable E(HYBRID_PHOTOS_AD_AUTH_PROTOCOL) is used.
    type: str
    choices: [simple, kerberos]
    default: simple
  username:
    description:
      - The account that signs in. With V(simple) its user principal name, C(DOMAIN\name) or distinguished name;
        with V(kerberos) its principal, C(name@EXAMPLE.COM).
      - If not given, the environment variable E(HYBRID_PHOTOS_AD_USERNAME) is used.
    type: str
  password:
    description:
      - The password of O(username).
      - If not given, the environment variable E(HYBRID_PHOTOS_AD_PASSWORD) is used.
    type: str
  ca_cert:
    description:
      - PEM file with the certificates of the authorities that are trusted to sign the certificate of the domain
        controller. By default the authorities that the host trusts.
      - If not given, the environment variable E(HYBRID_PHOTOS_AD_CA_CERT) is used.
    type: path
  cert_validation:
    description:
      - What is checked of the domain controller's certificate.
      - V(always) checks that a trusted authority signed it and that it contains the domain controller's name.
      - V(ignore_hostname) checks only the authority. If the LDAP library is built with OpenSSL (Red Hat), the
        certificate's common name is still compared.
      - V(ignore) checks nothing, so an attacker in the network can read the password. For experiments only.
    type: str
    choices: [always, ignore_hostname, ignore]
    default: always
  search_base:
    description:
      - Distinguished name under which users are searched. By default the whole domain.
      - Not with several names in O(domain).
      - If not given, the environment variable E(HYBRID_PHOTOS_AD_SEARCH_BASE) is used.
    type: str
  timeout:
    description:
      - Seconds to wait for the connection and for each answer.
    type: int
    default: 30
requirements:
  - python-ldap >= 3.4 (on the host that runs the module)
  - dnspython >= 2.6 to look up domain controllers in DNS
"""
