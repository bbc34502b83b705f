"""mlpw and the tools it is measured beside, one file each."""

from bench.peers.doit import Doit
from bench.peers.dvc import Dvc
from bench.peers.mlpw import Mlpw
from bench.peers.peer import Peer
from bench.peers.snakemake import Snakemake

__all__ = ["Doit", "Dvc", "Mlpw", "Peer", "Snakemake"]
