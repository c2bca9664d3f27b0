"""`python -m sandbox --state FOLDER`: start the services and write down how to reach them."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox import seed
from sandbox.certificates import write_private
from sandbox.dataverse import install
from sandbox.entra import sign_in
from sandbox.partner_center_events.certificate import certificate_url, trust_of
from sandbox.ports import PORTS
from sandbox.serve import Addresses, PortTakenError, serve
from sandbox.tenant import tenant_of
from sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sandbox until it is told to stop."""
    said = _parser().parse_args(arguments)
    folder: Path = said.state
    folder.mkdir(parents=True, exist_ok=True)
    facts = folder / "sandbox.json"
    facts.unlink(missing_ok=True)
    world = World.open(folder / "sandbox.db")
    if said.empty_crm and said.seed_opportunities:
        print("an empty CRM has no columns for co-sell: leave out --seed-opportunities", file=sys.stderr)
        return 2
    if said.empty_crm:
        install.start_empty(world)
    world.latency.request_ms, world.latency.row_ms = said.latency_ms, said.row_latency_ms
    ports = {name: getattr(said, f"{name}_port") for name in PORTS}
    addresses = Addresses(host=said.host, ports=ports, names=tuple(said.name))

    def ready(urls: dict[str, str]) -> None:
        world.settings["control_from_anywhere"] = said.control_from_anywhere
        if seed.plant(world, referrals=said.seed, opportunities=said.seed_opportunities) and said.seed_file:
            seed.play(world, said.seed_file)
        write_private(facts, json.dumps(_facts(world, urls, folder), indent=2).encode())
        for name, url in urls.items():
            print(f"{name:15} {url}", flush=True)
        print(f"{'facts':15} {facts}", flush=True)

    try:
        serve(world, addresses=addresses, folder=folder, ready=ready)
    except PortTakenError as taken:
        print(f"cannot listen at {taken}; is another sandbox running?", file=sys.stderr)
        return 1
    finally:
        # The facts are there as long as somebody answers at these addresses.
        facts.unlink(missing_ok=True)
        world.store.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder of the database, certificates and facts")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--name", action="append", default=[], help="a name that clients use for this machine; repeatable"
    )
    for name, port in PORTS.items():
        parser.add_argument(f"--{name.replace('_', '-')}-port", type=int, default=port, help="0 takes any free port")
    parser.add_argument("--seed", type=int, default=0, help="how many referrals a new state starts with")
    parser.add_argument(
        "--seed-opportunities", type=int, default=0, help="how many opportunities a new state starts with"
    )
    parser.add_argument("--empty-crm", action="store_true", help="a new CRM without the columns and tables of co-sell")
    parser.add_argument("--seed-file", type=Path, help="JSON file with a list of acts to play on a new state")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="wait per request")
    parser.add_argument("--row-latency-ms", type=float, default=0.0, help="wait per row that a request touches")
    parser.add_argument("--control-from-anywhere", action="store_true", help="let other machines use /_sandbox")
    return parser


def _facts(world: World, urls: dict[str, str], folder: Path) -> dict[str, Any]:
    tenant = tenant_of(world)
    certificate, trust = folder / "application.pem", folder / "events-trust.pem"
    trust.write_text(trust_of(world))
    write_private(certificate, (tenant.certificate_key + tenant.certificate).encode())
    return {
        "pid": os.getpid(),
        "urls": urls,
        "authority": f"{urls['entra']}/{tenant.tenant_id}",
        "ca": str((folder / "ca.pem").resolve()),
        "tenant_id": tenant.tenant_id,
        "certificate": str(certificate.resolve()),
        "partner_center": {
            "client_id": tenant.partner_center_client_id,
            "client_secret": tenant.partner_center_client_secret,
            "scope": f"{urls['partner_center']}/.default",
            "refresh_token": sign_in(world),
            "partner_id": world.settings["mpn_id"],
            "organization_id": world.settings["organization_id"],
        },
        "partner_center_events": {
            "client_id": tenant.partner_center_client_id,
            "client_secret": tenant.partner_center_client_secret,
            "scope": f"{urls['partner_center_events']}/.default",
            "refresh_token": sign_in(world),
            "trust": str(trust.resolve()),
            "certificate_url": certificate_url(world),
        },
        "dataverse": {
            "client_id": tenant.dataverse_client_id,
            "client_secret": tenant.dataverse_client_secret,
            "scope": f"{urls['dataverse']}/.default",
        },
    }


if __name__ == "__main__":
    sys.exit(main())
