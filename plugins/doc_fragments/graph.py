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
      - A client secret of the application. Give its value, not its ID.
      - Exactly one of O(client_secret), O(certificate_path), O(federated_token_file), O(managed_identity) and
        O(access_token) must be set; it decides how to sign in. A credential that is set as an option has priority over
        one that is only in the environment.
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
        is read again each time a token is requested.
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
      - The national cloud of the tenant.
      - If not set, the environment variable E(HYBRID_PHOTOS_CLOUD) is used.
    type: str
    choices: [public, usgov, usgov_dod, china]
    default: public
  authority_url:
    description:
      - The server that issues tokens, as scheme, host and port, instead of the login of O(cloud).
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
      - A file with the CA certificates (PEM) that the login and Microsoft Graph must be signed by. It has priority over
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
      - The largest number of attempts for one request when Microsoft Graph throttles, fails or cannot be reached. The module waits
        as long as Microsoft Graph asks for.
    type: int
    default: 6
  max_wait:
    description:
      - How many seconds to wait for Microsoft Graph while no request succeeds. After that the run ends with an error
        that quotes the last answer, and all users that are not processed yet are reported.
      - A single request does not wait longer than that either, even if Microsoft Graph asks for it.
      - The default is the period in which Exchange Online counts requests for its limits.
    type: int
    default: 600
requirements:
  - requests
  - msal (unless O(access_token) is used)
notes:
  - Proxies are taken from the environment (E(HTTPS_PROXY), E(NO_PROXY)). Redirects are not followed, and C(.netrc) is
    not read.
"""
