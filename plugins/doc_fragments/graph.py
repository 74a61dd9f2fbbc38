# Copyright (c) 2026 hybrid.photos developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of graph_argument_spec()."""

from __future__ import annotations


class ModuleDocFragment:
    """Connection options of every exo_* module."""

    DOCUMENTATION = r"""
options:
  tenant_id:
    description:
      - The tenant to sign in to, as a directory (tenant) ID or one of the tenant's domain names.
      - Needed with O(client_secret), O(certificate_path) and O(federated_token_file).
      - If not set, the environment variable E(AZURE_TENANT_ID) is used.
    type: str
  client_id:
    description:
      - The application (client) ID of the app registration that signs in.
      - Needed with O(client_secret), O(certificate_path) and O(federated_token_file).
        With O(managed_identity) it picks a user-assigned identity.
      - If not set, the environment variable E(AZURE_CLIENT_ID) is used.
    type: str
  client_secret:
    description:
      - A client secret of the application; its value, not its ID.
      - Exactly one of O(client_secret), O(certificate_path), O(federated_token_file), O(managed_identity) and
        O(access_token) says how to sign in. A credential that is set as an option wins over one that is only in the
        environment.
      - If not set, the environment variable E(AZURE_CLIENT_SECRET) is used.
    type: str
  certificate_path:
    description:
      - A certificate of the application with its private key, on the host that runs the module. Either a PEM file that
        holds both, or a PFX (PKCS#12) file.
      - If not set, the environment variable E(AZURE_CLIENT_CERTIFICATE_PATH) is used.
    type: path
  certificate_password:
    description:
      - The password of the private key in O(certificate_path).
      - If not set, the environment variable E(AZURE_CLIENT_CERTIFICATE_PASSWORD) is used.
    type: str
  federated_token_file:
    description:
      - A file with a token of another identity provider that the application trusts (workload identity federation). It
        is read again whenever a token is asked for.
      - If not set, the environment variable E(AZURE_FEDERATED_TOKEN_FILE) is used.
    type: path
  managed_identity:
    description:
      - Sign in as the managed identity of the Azure machine that runs the module.
    type: bool
  access_token:
    description:
      - An access token for Microsoft Graph that was acquired elsewhere. It cannot be renewed, so it must live longer
        than the run.
      - If not set, the environment variable E(HYBRID_PHOTOS_ACCESS_TOKEN) is used.
    type: str
  cloud:
    description:
      - The national cloud that the tenant lives in.
      - If not set, the environment variable E(HYBRID_PHOTOS_CLOUD) is used.
    type: str
    choices: [public, usgov, usgov_dod, china]
    default: public
  authority_url:
    description:
      - Where tokens are asked for, as scheme, host and port, instead of the login of O(cloud).
      - If not set, the environment variable E(AZURE_AUTHORITY_HOST) is used.
    type: str
  graph_url:
    description:
      - The root of Microsoft Graph, without a version, instead of the one of O(cloud). It must be an C(https) URL; only
        a server on this machine (loopback) may be reached by C(http).
      - If not set, the environment variable E(HYBRID_PHOTOS_GRAPH_URL) is used.
    type: str
  ca_cert:
    description:
      - A file with the CA certificates (PEM) that the login and Microsoft Graph must be signed by. It wins over
        E(REQUESTS_CA_BUNDLE) and E(CURL_CA_BUNDLE), which are used without it.
      - If not set, the environment variable E(HYBRID_PHOTOS_GRAPH_CA_CERT) is used.
    type: path
  timeout:
    description:
      - Seconds to wait for a connection, and for each part of an answer.
    type: int
    default: 30
  max_attempts:
    description:
      - How often one request is sent at most when Microsoft Graph throttles, fails or cannot be reached. Waiting times
        that Microsoft Graph asks for are honored.
    type: int
    default: 6
  max_wait:
    description:
      - How many seconds to wait for Microsoft Graph without getting anything done. After that the run ends with an error
        that says what the last answer was, and everybody who is not done yet is reported.
      - One request never waits longer than that either, however long Microsoft Graph asks it to wait.
      - The default is the period over which Exchange Online counts requests.
    type: int
    default: 600
requirements:
  - requests
  - msal (unless O(access_token) is used)
notes:
  - Proxies are taken from the environment (E(HTTPS_PROXY), E(NO_PROXY)). Redirects are not followed, and C(.netrc) is
    not read.
"""
